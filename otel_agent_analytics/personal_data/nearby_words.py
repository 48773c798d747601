"""Words just before a number that say what it is: an order's, a phone's. In ten languages, in small letters."""

from __future__ import annotations

import re
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WINDOW: Final = 48
_MOST_WORDS: Final = 5
_THINGS: Final = _words(
    # English
    "order orders tracking track invoice ticket case booking reservation shipment parcel package serial product sku "
    "item part version article model build batch transaction confirmation reference ref receipt contract delivery "
    "flight voucher coupon barcode isbn ean customer policy claim meter session request error quote po "
    "awb size sizes "
    # German, French, Spanish
    "bestellung bestellnummer auftrag auftragsnummer rechnung rechnungsnummer sendung sendungsnummer kundennummer "
    "artikel artikelnummer vorgang vorgangsnummer buchung buchungsnummer seriennummer paket vertrag vertragsnummer "
    "commande facture colis suivi réservation dossier référence série contrat livraison "
    "pedido factura envío seguimiento reserva referencia artículo serie contrato paquete "
    # Italian, Dutch, Portuguese, Swedish, Polish
    "ordine fattura spedizione prenotazione riferimento articolo pratica pacco contratto "
    "bestelling bestelnummer ordernummer factuur factuurnummer zending pakket boeking klantnummer "
    "encomenda fatura rastreio rastreamento nota protocolo "
    "beställning faktura försändelse zamówienie zamówienia przesyłka przesyłki"
)
_CALLS: Final = _words(
    "phone telephone tel mobile cell cellphone call calls called ring dial fax whatsapp sms text reach callback "
    "phonenumber "
    "telefon telefonnummer handy handynummer mobil mobilnummer rufnummer anrufen rückruf erreichbar erreichen "
    "téléphone portable appelez appeler joindre rappeler joignable rappelez "
    "teléfono móvil celular llamar llámame llame llámeme telefono cellulare chiamare chiamami chiamatemi "
    "телефон тел мобильный номер звоните 电话 手机 電話 携帯 전화 휴대폰 هاتف جوال رقمي zap zapzap cell tel "
    "mobiel telefoonnummer telefoon bellen bel bereikbaar telefone telemóvel ligar ligue zadzwoń telefonu"
)
_WORD: Final = re.compile(r"[^\W\d_]+")
# What ends a thought; an abbreviation such as “no.” has fewer letters before its dot.
_BREAK: Final = re.compile(r"(?:[^\W\d_]{4}\.|[!?;,])\s|[\n0-9]")
_MONEY_BEFORE: Final = re.compile(r"(?:[$€£¥₹]|\b(?:usd|eur|gbp|inr|brl|chf|zł|kr))\s?$")
_MONEY_AFTER: Final = re.compile(
    r"\s?(?:[$€£¥₹%]|(?:usd|eur|gbp|inr|brl|chf|euros?|dollars?|pounds?|kr|zł|reais|rupees|points?|miles|km|bytes|users)\b)"
)


def names_thing(lowered: str, start: int) -> bool:
    """Return whether the words before a number say that it is that of an order, a parcel and the like."""
    return _nearest(lowered, start) is _THINGS


def names_phone(lowered: str, start: int) -> bool:
    """Return whether the words before a number say that somebody can be called there."""
    return _nearest(lowered, start) is _CALLS


def is_money(lowered: str, start: int, end: int) -> bool:
    """Return whether a number is an amount of money or of things."""
    before = _MONEY_BEFORE.search(lowered[max(0, start - 4) : start])
    return before is not None or _MONEY_AFTER.match(lowered, end) is not None


def words_before(lowered: str, start: int) -> list[str]:
    """Return the last words before a place, at most five, and none from before another number or sentence."""
    before = lowered[max(0, start - _WINDOW) : start]
    begin = 0
    for found in _BREAK.finditer(before):
        begin = found.end()
    return _WORD.findall(before, begin)[-_MOST_WORDS:]


def _nearest(lowered: str, start: int) -> frozenset[str] | None:
    for word in reversed(words_before(lowered, start)):
        for known in (_CALLS, _THINGS):
            if word in known:
                return known
    return None
