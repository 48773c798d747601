"""Small words by which a language is known, for English and ten others; each in every list that it belongs to."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from otel_agent_analytics.signals.prepared import prepared

ENGLISH: Final = "en"

_WORDS: Final = {
    ENGLISH: """
        the and you your yours my mine i me we us our he she him his they them their it its this that these those there
        is isn isnt are aren arent was wasn were weren be been being am do does did don dont doesn doesnt didn didnt
        have haven has hasn had having will would wouldn can could couldn cant should shouldn must may might shall
        not nothing never what whats which who whom whose when where why how of to from with without for by about at on
        in into onto over under after before between through during until out off up down than then if because while
        or but so as any some every each other another same such both few more most much many very too also only just
        again still already yet here now today tomorrow yesterday tonight later soon always maybe please thanks thank
        thx hello hi hey yes yeah yep nope okay ok sure sorry right good great fine well want wants need needs like
        know think see look get got give gave take make made go going come tell told say said ask let help find show
        use try keep put call work working worked way thing things something anything everything someone anyone all
        one two three new first last next back long old an a no im ive id ll ve re s t m
    """,
    "de": """
        der die das den dem des ein eine einen einem einer eines und oder aber nicht kein keine keinen ich du er sie wir
        ihr mich dich mir dir uns euch sich mein meine meinen meinem meiner dein deine ihre ihren unser unsere ist sind
        war waren bin bist sein habe haben hat hatte hätte wird werden wurde wurden kann können könnte könnten muss
        möchte möchten will wollen soll sollte darf für mit ohne auf aus bei nach seit von vom zu zum zur über unter
        durch gegen um im am an in was wer wie wo wann warum welche welcher welches wieso noch schon immer wieder jetzt
        heute morgen gestern bitte danke vielen hallo guten tag ja nein auch nur sehr mehr wenn weil dass ob als bis
        hier dort nichts etwas alles gern gerne doch mal so es da ab
    """,
    "fr": """
        le la les l un une des du de d et ou mais ne n pas plus je j tu il elle on nous vous ils elles me m te se s mon
        ma mes ton ta tes votre vos notre nos leur leurs ce c cet cette ces ça cela qui que qu quoi où quand comment
        pourquoi combien quel quelle quels quelles est es suis sont êtes était ai as avez avons ont été être avoir
        peux peut pouvez puis pourrais pourriez voudrais veux veut voulez souhaite souhaiterais faut fait faire pour
        par avec sans dans sur sous chez entre vers depuis après avant encore déjà toujours jamais rien très bien aussi
        bonjour bonsoir salut merci beaucoup oui non si au aux en y à mais car donc parce
    """,
    "es": """
        el la los las lo un una unos unas de del al y o pero no ni yo tú usted ustedes él ella nosotros me te se le les
        nos mi mis tu tus su sus nuestro nuestra este esta esto estos estas ese esa eso que qué quién cuál cuándo cómo
        dónde cuánto cuanto cuando como donde por para con sin en sobre entre desde hasta es son soy está están estoy
        estaba fue era ser estar he ha han hay había tengo tiene tienen puedo puede pueden podría quiero quiere quisiera
        necesito hace hacer ya aún todavía siempre nunca nada algo muy más menos también sí si hola gracias buenos
        buenas favor ayuda ahora hoy mañana ayer aquí porque
    """,
    "it": """
        il lo la i gli le l un uno una di d del dello della dei degli delle al allo alla ai agli alle dal dalla da nel
        nella nei sul sulla con senza per su tra fra e o ma non né io tu lui lei noi voi loro mi ti si ci vi mio mia
        miei mie tuo tua suo sua nostro vostro questo questa questi queste quello quella che chi cosa quale quando come
        dove perché quanto è sono sei siamo era ho hai ha abbiamo avete hanno essere avere stato posso può potete potrei
        vorrei voglio vuole devo fare ancora già sempre mai niente nulla molto più anche ciao buongiorno buonasera
        salve grazie prego sì no adesso ora oggi domani ieri qui se
    """,
    "nl": """
        de het een en of maar niet geen ik jij je u hij zij ze wij we jullie mij me mijn jouw uw zijn haar ons onze hun
        dit dat deze die is ben bent zijn was waren heb hebt heeft hebben had word wordt worden werd kan kunt kunnen kon
        zou wil wilt willen moet moeten mag graag voor met zonder op uit bij naar sinds van te tot over onder door tegen
        om in aan wat wie waar wanneer waarom hoe welke nog al altijd nooit weer nu vandaag morgen gisteren alstublieft
        alsjeblieft bedankt dank hallo goedemorgen goedendag goedemiddag dag ja nee ook alleen heel erg meer als omdat
        dan er hier daar niets iets alles toch
    """,
    "pt": """
        o a os as um uma uns umas de do da dos das no na nos nas ao à aos às pelo pela e ou mas não nem eu tu você vocês
        ele ela nós eles me te se lhe meu minha meus minhas seu sua seus suas nosso este esta isto esse essa isso aquele
        que quem qual quando como onde quanto por para com sem em sobre entre desde até é são sou está estão estou
        estava foi era ser estar tenho tem têm tinha há posso pode podem poderia podia quero quer queria gostaria
        preciso faz fazer já ainda sempre nunca nada algo muito mais menos também sim olá oi obrigado obrigada bom boa
        dia tarde favor ajuda agora hoje amanhã ontem aqui porque
    """,
    "pl": """
        i a w we z ze na do od po za o u przez dla bez przed pod nad nie tak ale lub albo czy że żeby bo jak kiedy gdzie
        dlaczego co kto który która które jaki jest są był była było być mam masz ma mamy mają mogę może możecie można
        chcę chcę chciałbym chciałabym proszę dziękuję dzięki dzień dobry cześć witam ja ty on ona my wy oni mnie mi
        mój moja moje mojego mojej moim się to ten ta te tego tej jeszcze już zawsze nigdy nic coś bardzo tylko też
        teraz dzisiaj dziś jutro wczoraj tu tutaj pan pani państwo
    """,
    # Written with a plain i for the one without a dot, as prepared texts have it.
    "tr": """
        ve veya ama fakat bir bu şu o ben sen biz siz onlar bana sana bize size beni sizi benim senin bizim sizin için
        ile gibi kadar daha çok az en değil yok var mi mi mu mü ne nasil nerede neden niçin niye kim kaç hangi ki de da
        evet hayir lütfen merhaba teşekkürler teşekkür ederim ederiz istiyorum istiyoruz isterim olarak oldu olur
        olabilir edebilir misiniz miyim musunuz misiniz hala hâlâ henüz şimdi bugün yarin dün her hiç şey nedir
    """,
    "sv": """
        jag du han hon vi ni de dem mig dig sig oss er min mitt mina din ditt dina vår vårt våra en ett den det dessa
        detta och eller men inte ingen inget är var vara varit har hade haft blir blev kan kunde ska skulle vill måste
        får för med utan på av till från hos under över efter innan om i vad vem hur när varför vilken var där här som
        att så också bara mycket mer redan fortfarande alltid aldrig igen nu idag imorgon igår tack hej snälla ja nej
        något allt
    """,
    "da": """
        jeg du han hun vi i de dem mig dig sig os min mit mine din dit dine vores en et den det disse dette og eller men
        ikke ingen intet er var være været har havde haft bliver blev kan kunne skal skulle vil måtte må får for med
        uden på af til fra hos under over efter før om hvad hvem hvor hvordan hvornår hvorfor hvilken der her som at så
        også kun meget mere allerede stadig altid aldrig igen nu dag morgen går tak hej venligst ja nej noget alt vær
    """,
}


_IN_NAMES: Final = "la las los el le les lo il al a o de del della des di da do dos das du van der den y e"
NAME_PARTS: Final = frozenset(_IN_NAMES.split())
"""Small words that stand in names too, as in Los Angeles: alone they say nothing."""


def _languages() -> dict[str, tuple[str, ...]]:
    languages: dict[str, list[str]] = defaultdict(list)
    for language, words in _WORDS.items():
        for word in prepared(words).words:
            languages[word].append(language)
    return {word: tuple(known) for word, known in languages.items()}


ENGLISH_WORDS: Final = prepared(_WORDS.pop(ENGLISH)).words
LANGUAGES_OF: Final = _languages()
"""Languages, English not among them, of which a word is a small word."""
OTHER_WORDS: Final = frozenset(LANGUAGES_OF)
