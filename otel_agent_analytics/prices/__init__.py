"""What one model call costs: names, time and token counts → an exact Decimal in USD, or why there is no price.

A call is never priced by guess, and never 0 for want of knowledge: what has no price is ``unpriced``, with a reason.
Prices come from the user's own file, else from the table that genai-prices brings along. Nothing here reaches the
network. What the figures leave out: fees for searches and other tools of a provider, input that is speech or pictures
(it is priced as text), cache writes kept for an hour (priced as the usual five minutes), discounts by contract.
"""
