"""API keys, tokens and private keys by their shape, those in URLs by their place, passwords by the word before them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from otel_agent_analytics.personal_data.find import Find, Message, by_word, phrases_in
from otel_agent_analytics.personal_data.kinds import SECRET

_MOST: Final = 4096
_PEM: Final = "-----BEGIN "
# Without its last line a private key goes as far as its letters do.
_KEY: Final = (
    rf"(?:[\w+/=\s\\:,-]{{0,{_MOST * 4}}}?-----END [A-Z ]{{0,32}}PRIVATE KEY-----|[\w+/=\s\\]{{0,{_MOST * 4}}})"
)
# What each begins with, and how it goes on.
_SHAPES: Final = {
    "AKIA": r"[A-Z0-9]{16}",
    "ASIA": r"[A-Z0-9]{16}",
    "AIza": r"[\w-]{35}",
    "GOCSPX-": r"[\w-]{20,64}",
    "ya29.": r"[\w-]{20,1024}",
    "ghp_": r"\w{36,255}",
    "gho_": r"\w{36,255}",
    "ghu_": r"\w{36,255}",
    "ghs_": r"\w{36,255}",
    "ghr_": r"\w{36,255}",
    "github_pat_": r"\w{22,255}",
    "glpat-": r"[\w-]{20,255}",
    "gsk_": r"\w{20,255}",
    "xai-": r"[\w-]{20,255}",
    "r8_": r"\w{30,64}",
    "pplx-": r"\w{20,255}",
    "nvapi-": r"[\w-]{20,255}",
    "tvly-": r"[\w-]{20,255}",
    "lsv2_": r"\w{20,255}",
    "pk-lf-": r"[\w-]{20,255}",
    "dckr_pat_": r"[\w-]{20,255}",
    "dapi": r"[0-9a-f]{32}(?:-[0-9])?",
    "glsa_": r"\w{20,255}",
    "hvs.": r"[\w-]{20,255}",
    "sbp_": r"\w{20,255}",
    "rzp_live_": r"\w{10,64}",
    "lin_api_": r"\w{20,255}",
    "figd_": r"[\w-]{20,255}",
    "ntn_": r"\w{20,255}",
    "ATATT3": r"[\w=-]{20,255}",
    "sq0atp-": r"[\w-]{20,64}",
    "PMAK-": r"[\w-]{20,255}",
    "AGE-SECRET-KEY-1": r"[A-Z0-9]{40,64}",
    "hooks.slack.com/services/": r"\w{5,20}/\w{5,20}/\w{10,64}",
    "xoxa-": r"[\w-]{10,255}",
    "xoxb-": r"[\w-]{10,255}",
    "xoxp-": r"[\w-]{10,255}",
    "xoxr-": r"[\w-]{10,255}",
    "xoxs-": r"[\w-]{10,255}",
    "sk_live_": r"\w{16,255}",
    "sk_test_": r"\w{16,255}",
    "rk_live_": r"\w{16,255}",
    "pk_live_": r"\w{16,255}",
    "pk_test_": r"\w{16,255}",
    "whsec_": r"\w{16,255}",
    "sk-": r"[\w-]{20,255}",
    "hf_": r"[A-Za-z0-9]{30,64}",
    "npm_": r"[A-Za-z0-9]{36}",
    "pypi-": r"[\w-]{50,255}",
    "SG.": r"[\w-]{16,64}\.[\w-]{16,64}",
    "dop_v1_": r"[0-9a-f]{64}",
    "shpat_": r"[0-9a-fA-F]{32}",
    "shpss_": r"[0-9a-fA-F]{32}",
    "shpca_": r"[0-9a-fA-F]{32}",
    "shppa_": r"[0-9a-fA-F]{32}",
    "glc_": r"[\w+/=]{32,255}",
    "eyJ": rf"[\w-]{{8,{_MOST}}}\.[\w-]{{8,{_MOST}}}(?:\.[\w-]{{0,{_MOST}}})?",
    _PEM: rf"[A-Z ]{{0,32}}PRIVATE KEY-----{_KEY}",
}
_SHAPE: Final = {prefix: re.compile(shape) for prefix, shape in _SHAPES.items()}
_BOT: Final = re.compile(r"(?<![\w-])[0-9]{8,10}:[\w-]{35}(?![\w-])")
_COMMAND: Final = re.compile(r"\s(?:-u|--user)[\s=]['\"]?[^\s:'\"]{1,128}:([^\s'\"]{3,256})")
_CODE: Final = re.compile(r"\b(?:otp|2fa|mfa)(?:\s(?:code|pin))?\s([0-9]{4,8})(?![0-9])", re.IGNORECASE)
_USER_INFO: Final = re.compile(r"://([^\s/?#@:]{0,256}:[^\s/?#@]{1,256})@")
_PARAMETER: Final = re.compile(
    r"[?&#;](?:[\w.\-]{0,32}?(?:token|secret|password|passwd|signature|api_?key|apikey|credential)|key|auth|pwd|pass|sig|"
    r"code|jwt|sid|session|session_?id)=([^&#\s\"'<>]{1,4096})",
    re.IGNORECASE,
)
_BY_PLACE: Final = (("://", _USER_INFO), ("=", _PARAMETER), (" -u", _COMMAND), (" --user", _COMMAND))
_NAMED: Final = by_word((
    "password", "passwd", "passphrase", "passcode", "pwd", "passwort", "kennwort", "mot de passe", "contraseña",
    "clave", "wachtwoord", "senha", "palavra-passe", "lösenord", "hasło", "secret", "api key", "api_key", "apikey",
    "api-key",
    "access token", "access_token", "access key", "access_key", "auth token", "auth_token", "bearer", "token", "pin",
    "api token", "api_token", "private key", "private_key", "client_secret", "authorization", "cvv", "cvc",
    "pw", "pass", "accountkey", "account key", "2fa code", "otp", "verification code", "security code",
    "one-time code", "login code", "bestätigungscode", "code de vérification", "código de verificación",
    "verificatiecode", "codice di verifica", "пароль", "secret key", "secret_key", "kodeord", "adgangskode", "passord",
))  # fmt: skip
_ASSIGNED_ONLY: Final = ("pass",)
"""A boarding pass is something."""
_QUESTIONS: Final = frozenset(("what", "where", "how", "why", "when", "who", "which", "does", "the", "not", "none"))
"""What follows where somebody asks about a password, and says none."""
_VERBS: Final = "er|is|was|ist|war|lautet|est|es|era|é|è|var|är|to"
_IS: Final = (
    r"\"?'?\s?(?:code|key|number|nummer)?"
    rf"(?:\s?(?:[:=]{{1,2}}|=>)\s?|\s(?:{_VERBS})\s?:?\s?)[\"'“`«]?\s?"
)
_ASSIGNED: Final = re.compile(_IS)
_VALUE: Final = re.compile(r"[^\s\"'“”`«»<>,;]{3,4096}")
_BASIC: Final = re.compile(r"(?:basic|bearer)\s+([\w+/=.~\-]{12,4096})", re.IGNORECASE)


def credentials(message: Message) -> Iterator[Find]:
    """Find API keys, tokens, private keys and passwords."""
    text = message.text
    yield from _by_shape(message)
    for sign, pattern in _BY_PLACE:
        if sign in text:
            yield from _groups(pattern, text)
    yield from _said(message)
    if message.has_digits and not message.words.isdisjoint(("otp", "fa", "mfa")):
        yield from _groups(_CODE, text)
    if not message.words.isdisjoint(("basic", "bearer")):
        yield from _groups(_BASIC, text)


def _by_shape(message: Message) -> Iterator[Find]:
    # Chance puts digits in all but private keys, which have many long words as well.
    text, long = message.text, message.long_words if message.has_digits else ""
    for prefix, shape in _SHAPE.items() if long else ():
        if prefix in long or (prefix is _PEM and prefix in text):
            yield from _shaped(text, prefix, shape)
    if ":" in long:
        yield from _groups(_BOT, text)
    if not long and _PEM in text:
        yield from _shaped(text, _PEM, _SHAPE[_PEM])


def _shaped(text: str, prefix: str, shape: re.Pattern[str]) -> Iterator[Find]:
    start, end = text.find(prefix), 0
    while start >= 0:
        inside = start < end or (start > 0 and (text[start - 1].isalnum() or text[start - 1] in "_-"))
        found = None if inside else shape.match(text, start + len(prefix))
        if found is not None:
            end = found.end()
            yield Find(start, end, SECRET, text[start:end])
        start = text.find(prefix, start + 1)


def _groups(pattern: re.Pattern[str], text: str) -> Iterator[Find]:
    for found in pattern.finditer(text):
        group = found.re.groups
        yield Find(found.start(group), found.end(group), SECRET, found[group])


def _said(message: Message) -> Iterator[Find]:
    for said, end in phrases_in(message, _NAMED):
        verb = _ASSIGNED.match(message.lowered, end)
        found = _VALUE.match(message.text, verb.end()) if verb is not None else None
        if verb is None or found is None:
            continue
        written = found[0].rstrip(".!?)")
        assigned = ":" in verb[0] or "=" in verb[0]
        if written.lower() in _QUESTIONS:
            continue
        if len(written) > 2 and (assigned or not (said in _ASSIGNED_ONLY or _is_ordinary(written))):  # noqa: PLR2004 - shorter ones are words
            yield Find(found.start(), found.start() + len(written), SECRET, written)


def _is_ordinary(written: str) -> bool:
    """Return whether something is a word, which is a password only where a sign of assignment says so."""
    return written.isalpha() and (written[1:].islower() or written.isupper())
