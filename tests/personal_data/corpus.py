"""Planted personal data: by Faker in many locales and by hand, none of it from the redactor's patterns."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from faker import Faker

SEED: Final = 20_261_121
EACH: Final = 60
"""Values for each type and locale."""


class Planted(NamedTuple):
    """A sentence with one piece of personal data."""

    kind: str
    """The word that its placeholder should have."""
    detail: str
    """The type that is counted: the kind, for national ids with the country."""
    text: str
    """The sentence."""
    value: str
    """What must not be left of it."""


TEMPLATES: Final = {
    "en": (
        "You can reach me at {}.",
        "Hello, it is {} if you need it",
        "{} - please update my file, it was wrong before",
        "I think the right one is {}, but my wife says otherwise.",
        "Sure: {}",
        "As I told your colleague yesterday at 10:30, mine is {} and not the other one!",
    ),
    "de": ("Das ist {}, bitte ändern Sie es.", "Meine Angaben: {}", "Ich habe {} schon dreimal geschickt!"),
    "fr": ("Voici le mien : {}.", "Notez s'il vous plaît {} dans mon compte", "C'était {} depuis le 03/11/2026."),
    "es": ("Mis datos son {}, gracias.", "Es {}", "Hola, cambie {} por favor."),
    "it": ("Il mio è {}.", "Ecco: {}, grazie mille"),
    "nl": ("Het is {} geworden.", "Kunt u {} aanpassen in mijn gegevens?"),
    "pt": ("O meu é {}.", "Segue {} para atualizar o cadastro"),
    "pl": ("Oto on: {}.", "Proszę zmienić na {}"),
}
NAMED: Final = {
    "email": ("Mail {} with the answer", "E-Mail: {}", "contact={}", '{{"to": "{}"}}', "<{}>"),
    "phone": (
        "Call me on {}.",
        "Tel. {}",
        "Meine Telefonnummer ist {}",
        "Mon téléphone : {}",
        "Mi móvil es {}",
        "bel {} aub",
    ),
    "card": ("My card is {}, exp 04/29", "Kartennummer {}", "paid with {} yesterday", "carte bancaire {}"),
    "iban": ("IBAN: {}", "Please refund to {}", "Überweisen Sie auf {} bitte", "mon compte {}"),
    "national_id": ("My id number is {}", "ID: {}", "Numéro {}", "documento {}"),
    "ip_address": ("Login from {} failed", "client {} blocked", "ping {}", "http://{}/admin"),
}
PHONES: Final = (
    "+44 20 7946 0958", "(020) 7946 0958", "020 7946 0958", "07700 900123", "+44 (0)7700 900 123", "0044 7700 900123",
    "+1 (212) 555-0147", "212-555-0147", "(212) 555-0147", "212.555.0147", "1-800-555-0199", "+12125550147",
    "+49 30 901820", "030 901820123", "0171/1234567", "0171 123 45 67", "+49-171-1234567", "(089) 1234567",
    "06 12 34 56 78", "06.12.34.56.78", "+33 6 12 34 56 78", "0033612345678", "01-45-67-89-10",
    "612 34 56 78", "+34 612 345 678", "912 345 678", "+34-612-345-678", "347 123 4567", "+39 347 1234567",
    "02 1234 5678",
    "06-12345678", "+31 6 12345678", "020-1234567", "+31 (0)20 123 4567", "0612345678",
    "(11) 91234-5678", "+55 11 91234-5678", "11 91234-5678", "+91 98765 43210", "98765 43210", "098765 43210",
    "070-123 45 67", "+46 70 123 45 67", "+45 12 34 56 78", "+48 600 123 456", "600 123 456", "+41 79 123 45 67",
    "079 123 45 67", "+81 90-1234-5678", "090-1234-5678", "+61 412 345 678", "0412 345 678", "+972 50-123-4567",
    "+7 912 345-67-89", "+86 138 0013 8000", "+52 55 1234 5678",
)  # fmt: skip
EMAILS: Final = (
    "o'brien+shop@mail.example.co.uk", "jürgen@müller.example", "a@b.io", "first.last@sub.domain.example.com",
    "UPPER.CASE@EXAMPLE.ORG", "x_y-z@exa-mple.museum", "名前@例え.jp", "jan.example [at] web.de",
    "anna (at) posteo (dot) de",
    "mike at example dot com", "user%40example.com",
)  # fmt: skip
CARDS: Final = (
    "4111 1111 1111 1111", "4111-1111-1111-1111", "5555 5555 5555 4444", "3782 822463 10005", "378282246310005",
    "6011 1111 1111 1117", "3056 930902 5904", "3566 0020 2036 0505", "2223 0031 2200 3222", "6304 0000 0000 0000",
)  # fmt: skip
IBANS: Final = (
    "DE89 3704 0044 0532 0130 00", "GB29 NWBK 6016 1331 9268 19", "FR14 2004 1010 0505 0001 3M02 606",
    "NL91ABNA0417164300", "ES91 2100 0418 4502 0005 1332", "IT60 X054 2811 1010 0000 0123 456", "NO93 8601 1117 947",
    "be68 5390 0754 7034", "CH93-0076-2011-6238-5295-7", "BR1800360305000010009795493C1",
    "PL61109010140000071219812874",
    "SE45 5000 0000 0583 9825 7466", "SA03 8000 0000 6080 1016 7519", "MT84MALT011000012345MTLCAST001S",
)  # fmt: skip
IDS: Final = {
    "DE": (
        "86095742719",
        "47036892816",
        "65929970489",
        "57 549 285 017",
        "63 279 810 512",
        "44915860374",
        "80 251 765 438",
        "78049541320",
        "86 311 924 504",
        "63902508713",
        "27 538 796 407",
        "53860742139",
    ),
    "IN": (
        "ABCPE1234F",
        "AAAPL1234C",
        "BNZAA2318J",
        "7671 7353 2543",
        "802876079970",
        "2084 9020 3024",
        "958205453679",
        "2394 4479 5951",
        "683055133033",
        "5990 7721 4379",
        "745912459564",
        "7576 7140 7780",
        "473198624440",
        "8390 1006 7484",
        "724559733619",
        "5202 1490 3660",
        "896056363666",
    ),
    "GB": (
        "AB 12 34 56 C",
        "JG 10 37 59 A",
        "CE123456D",
        "AA977726A",
        "AB 29 44 81 D",
        "CE 446227 B",
        "JA907657B",
        "JG 06 61 10 A",
        "NE 841107 D",
        "NR566879D",
        "PB 58 83 75 A",
        "SE 401922 B",
        "WK404924B",
        "YZ 30 11 37 C",
        "ZY 791525 C",
        "KH068131B",
        "LB 39 08 40 C",
    ),
    "NL": ("111222333", "123456782", "1234.56.782", "BSN 123456782"),
    "ES": ("12345678Z", "12.345.678-Z", "X1234567L", "X-1234567-L", "00000000T"),
    "IT": ("RSSMRA85T10A562S", "rssmra85t10a562s", "MRTMTT91D08F205J"),
    "BR": ("529.982.247-25", "52998224725", "111.444.777-35"),
    "US": ("536-90-4399", "078-05-1120", "219 09 9999", "SSN 219099999"),
    "FR": ("2 55 08 14 168 025 38", "1 85 05 78 006 084 91", "255081416802538"),
}
ID_LOCALES: Final = {
    "US": ("en_US", "ssn"), "NL": ("nl_NL", "ssn"), "FR": ("fr_FR", "ssn"), "IT": ("it_IT", "ssn"),
    "BR": ("pt_BR", "cpf"), "PL": ("pl_PL", "pesel"), "SE": ("sv_SE", "ssn"),
    "NO": ("no_NO", "ssn"), "FI": ("fi_FI", "ssn"), "BE": ("nl_BE", "ssn"), "CH": ("de_CH", "ssn"),
    "CN": ("zh_CN", "ssn"), "KR": ("ko_KR", "ssn"), "MX": ("es_MX", "curp"), "DE": ("de_DE", "rvnr"),
    "TR": ("tr_TR", "ssn"), "ES": ("es_ES", "nif"), "CA": ("en_CA", "ssn"),
}  # fmt: skip
PHONE_LOCALES: Final = ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pt_BR", "en_IN", "pl_PL",
"sv_SE", "ja_JP", "de_CH", "pt_PT")  # fmt: skip
_LANGUAGE: Final = {"de": "de", "fr": "fr", "es": "es", "it": "it", "nl": "nl", "pt": "pt", "pl": "pl"}


def planted(seed: int = SEED, each: int = EACH) -> Iterator[Planted]:
    """Yield the corpus of a seed, with so many made values of each type and locale."""
    rng = random.Random(seed)
    for kind, detail, language, value in _values(rng, seed, each):
        own = NAMED.get(kind, ())
        templates = (*TEMPLATES[language], *own) if rng.random() < 0.5 or not own else own
        yield Planted(kind, detail, rng.choice(templates).format(value), value)
    yield from _secrets(rng, seed, each)


def names() -> Iterator[Planted]:
    """Yield names of persons, half of them without a word that says that it is one."""
    rng = random.Random(SEED)
    said = ("My name is {}.", "Hi, this is {}", "Mein Name ist {}", "Je m'appelle {}.", "Me llamo {}", "Mrs. {} called")
    for locale in ("en_US", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL"):
        fake = _faker(locale)
        for _ in range(EACH):
            name = f"{fake.first_name()} {fake.last_name()}"
            template = rng.choice(said) if rng.random() < 0.5 else "I spoke to {} about my order"
            yield Planted("name", "name", template.format(name), name)


def _values(rng: random.Random, seed: int, each: int) -> Iterator[tuple[str, str, str, str]]:
    made: list[tuple[str, str, str, Callable[[], str]]] = []
    for locale in PHONE_LOCALES:
        fake, language = _faker(locale, seed), _LANGUAGE.get(locale[:2], "en")
        made += [("phone", f"phone {locale}", language, fake.phone_number), ("email", "email", language, fake.email)]
        made.append(("email", "email", language, fake.company_email))
        made += [("iban", "iban", language, fake.iban)] if locale[:2] != "ja" else []
    plain = _faker("en_US", seed)
    made += [("card", "card", "en", plain.credit_card_number)] * 6
    made += [("card", "card", "de", lambda: _in_fours(plain.credit_card_number("visa16"), rng.choice(" -")))] * 2
    made += [("iban", "iban", "en", lambda: _in_fours(plain.iban(), " "))] * 3
    made += [("ip_address", "ip_address v4", "en", plain.ipv4), ("ip_address", "ip_address v6", "en", plain.ipv6)]
    for country, (locale, method) in ID_LOCALES.items():
        fake, language = _faker(locale, seed), _LANGUAGE.get(locale[:2], "en")
        made.append(("national_id", f"national_id {country}", language, getattr(fake, method)))
    for kind, detail, language, make in made:
        for _ in range(each):
            yield kind, detail, language, str(make())
    by_hand: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("phone", PHONES),
        ("email", EMAILS),
        ("card", CARDS),
        ("iban", IBANS),
    )
    for kind, hand in by_hand:
        for value in hand * 4:
            yield kind, f"{kind} by hand" if kind == "phone" else kind, "en", value
    for country, ids in IDS.items():
        for value in ids * 4:
            yield "national_id", f"national_id {country}", "en", value


def _secrets(rng: random.Random, seed: int, each: int) -> Iterator[Planted]:
    letters, fake = string.ascii_letters + string.digits, _faker("en_US", seed)
    shapes: tuple[Callable[[], str], ...] = (
        lambda: "AKIA" + "".join(rng.choices(string.ascii_uppercase + string.digits, k=16)),
        lambda: "ghp_" + "".join(rng.choices(letters, k=36)),
        lambda: "xoxb-" + "-".join("".join(rng.choices(string.digits, k=12)) for _ in range(3)),
        lambda: "sk_live_" + "".join(rng.choices(letters, k=24)),
        lambda: "sk-proj-" + "".join(rng.choices(letters + "-_", k=48)),
        lambda: "AIza" + "".join(rng.choices(letters + "-_", k=35)),
        lambda: ".".join(("eyJ" + "".join(rng.choices(letters, k=30)), "eyJ" + "".join(rng.choices(letters, k=60)),
        "".join(rng.choices(letters, k=43)))),
        lambda: "-----BEGIN PRIVATE KEY-----\n" + "".join(rng.choices(letters, k=64)) + "\n-----END PRIVATE KEY-----",
    )  # fmt: skip
    said = (
        "my password is {} and it fails", "Passwort: {}", "password={}", "mon mot de passe est {}", "api_key = '{}'",
        "https://x.example/?access_token={}&page=2", "mi contraseña es {}", "het wachtwoord is {}",
        '{{"password": "{}"}}',
    )  # fmt: skip
    for _ in range(each):
        for shape in shapes:
            value = shape()
            yield Planted("secret", "secret by shape", rng.choice(TEMPLATES["en"]).format(value), value)
        word = fake.password(length=12, special_chars=False)
        yield Planted("secret", "secret by word", rng.choice(said).format(word), word)
        info = f"{fake.user_name()}:{word}"
        yield Planted("secret", "secret in URL", f"I use ftp://{info}@files.example.net/a.zip there", info)


HARD_NEGATIVES: Final = (
    "My order number is {8d} and it has not arrived.", "Order #{10d} from 2026-11-03 was {2d}.99 EUR.",
    "Tracking 1Z999AA1{10d} says delivered at 14:35:20.", "Bestellnummer {9d} vom 03.11.2026, 1.234,56 €",
    "Commande n° {10d} du 03/11/2026 à 10h30", "Pedido {9d}, total 1.250,00 euros", "Rechnung RE-2026-{6d} fehlt.",
    "I run version 10.4.2.1 on build {5d} since 2026-10-01T08:15:30Z", "It costs $1,299.00 or 12 x $108.25.",
    "Invoice INV-{8d} for 3 items at 19.99 each", "The flight KL1234 leaves at 18:05 from gate B12",
    "There were 1,250,000 visitors in 2025 and 1,430,500 in 2026.", "Ticket {7d} was opened 12-05-2026 09:15.",
    "Het ordernummer is {8d}, besteld op 3-11-2026", "L'ordine {9d} del 3 novembre 2026 è in ritardo",
    "SKU {8d}-{3d} in size 42 is sold out", "The meeting is 2026-11-21 10:00-11:30 in room 4.12",
    "The parcel {12d} weighs 2.5 kg and measures 30x20x15 cm", "Nota {9d}, parcela 3/12 de R$ 129,90",
    "Error code 0x8007045D at line 1024 of module 17", "PO-{7d} and reference ABC-{6d} belong together",
    "UUID 123e4567-e89b-12d3-a456-426614174000 and commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
    "Score was 21-15, 18-21, 15-12 and we were 1st of 128", "The isbn 978-3-16-148410-0 is out of print",
    "Coordinates 52.370216, 4.895168 are the office", "Use ratio 1:2:3 and std::vector at 12:30:45.123",
    "My reservation {8d} is for 2 nights, 24/12/2026 - 26/12/2026", "Timestamps 1763750000 and 1763750000123 differ",
    "Serial number SN{10d} was made in week 46", "Meter reading 0{6d} on 01.11.2026",
    "I scored 3.14159265358979 points",
    "Pay 50% now, 2 000 000 kr later", "Please press 1, 2 or 3 to continue and wait 15 minutes",
    '{"item_ids": ["{10d}", "{10d}"], "{10d}": {"price": 335.99, "options": "M"}}',
    "The total is (109.27 - 105.49) + (208.07 - 188.67)",
    "It is 91 degrees Fahrenheit with 8 percent", "I use MS Word, and had an MR scan", "We saw This Is Not Berlin",
)  # fmt: skip


def clean(sentences: list[str]) -> list[str]:
    """Return texts without personal data: ordinary ones, and as many with numbers that look like some."""
    rng = random.Random(SEED)
    hard = [_filled(rng.choice(HARD_NEGATIVES), rng) for _ in range(len(sentences))]
    return [*sentences, *hard]


def _filled(template: str, rng: random.Random) -> str:
    for size in (12, 10, 9, 8, 7, 6, 5, 3, 2):
        while f"{{{size}d}}" in template:
            number = str(rng.randrange(10 ** (size - 1), 10**size))
            template = template.replace(f"{{{size}d}}", number, 1)
    return template


def _in_fours(value: str, sign: str) -> str:
    return sign.join(value[place : place + 4] for place in range(0, len(value), 4))


def _faker(locale: str, seed: int = SEED) -> Faker:
    fake = Faker(locale)
    fake.seed_instance(seed)
    return fake
