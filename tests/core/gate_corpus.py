"""What people say to each other, in many languages, and how ways out of a room are spelled."""
# ruff: noqa: RUF001  Letters that look alike are the matter here.

ORDINARY: dict[str, str] = {
    "English": """Hello.World
hi everyone, who is at the concert tonight?
see you at 10.30 by the main gate
it's v1.2 that broke, not v1.3
e.g. the bar on the corner, i.e. the loud one
I was born in 1998 and moved here in 2004
between 18:00 and 19:30 would be fine
tickets were $45 each, $1,500 for all of us
12.10.2026 is a Monday
see you @ 5pm
@everyone the band starts in 5 minutes
3 beers and 2 wines, that makes 31.50
sounds good.so when do we meet
no.I mean yes
my insta is private, sorry
the dot com bubble was before my time
about 1,000,000 people live here
haha :) that was so good
half of them, 50% or so
I have 250 friends and 1800 followers
gate 3B, row 12, seat 7
he/she can come and/or stay
it is 24/7 open, 365 days
room 101, second floor on the left
wait...what?
p.s. thanks for the umbrella
the score was 3:2 for us
5 km in 24 min, not bad
does anyone have a charger for an old phone?
Ph.D. students drink for free, a.k.a. we do
the U.S.A. team won again
I gave it 9/10
meet at the fountain at half past eight
2026-11-28 18:30 it says on the poster
did you read the readme.txt
line 2 or line 3, both go there
I am full of ideas tonight
the kind of name that nobody forgets
one line identifies them all, no line ideally
the side of identity politics I avoid
#1 fan right here
what a day lol
I'd rather walk, it's 700 m
flight at 6:45, so bed at 9
who has the best view from up there?
sorry, my battery is at 3%
ok so the plan is: food, music, home
the queue is 20 min at least
is it raining where you are
nobody told me it was a costume thing
that's a 10 from me
call me when you are inside
my cat is 15 years old
A4 paper, 80 g, please don't ask
I paid 7.99 for this
to be honest, it is me who is late
two or three of us, maybe four
so it is.we are here
see ya""",
    "German": """Hallo zusammen, wer ist heute beim Konzert?
Treffen wir uns um 18:30 Uhr am Haupteingang?
Das kostet 1.200,50 € im Jahr
z.B. morgen oder d.h. übermorgen
Der Punkt. Es ist so.
am 3.10. ist frei, am 4.10. nicht
ich komme ca. um halb acht
St.Pölten ist schön
2 Bier und 1 Spritzer, macht 12,40
ich bin Bj. 1987, also fast 40
Linie 13A oder 57, beide gehen
das war vor 20 Jahren, 2006 glaub ich
bis gleich!
wo steht ihr denn? links oder rechts?
100 m weiter ist noch ein Eingang
na ja, 50:50 würde ich sagen
ich hab 2 kleine Kinder, 3 und 5
Tel. ist leer, sorry
u.a. wegen dem Wetter""",
    "French": """Salut tout le monde, qui est au concert ce soir ?
On se retrouve à 20h30 devant l'entrée
ça coûte 45 € par personne, soit 1 500 € en tout
je suis né en 1992, et toi ?
le 14/07/2026 c'est férié
c'est au point de rencontre, à gauche
rendez-vous entre 18:00 et 19:00
quelqu'un a un chargeur ?
il y a 3 scènes et 12 groupes
à tout à l'heure !""",
    "Spanish": """Hola a todos, ¿quién está en el concierto?
ok.de nada
nos vemos a las 21:15 en la puerta 4
son 1.500 pesos por persona
nací en 1995 y vivo aquí desde 2010
el punto es que no llueve
¿alguien tiene un cargador?
el 12/10/2026 es fiesta
somos 5, llegan 2 más
está a 300 metros, no más""",
    "Italian": """Ciao a tutti, chi è al concerto stasera?
ci vediamo alle 20.30 davanti al bar
costa 12,50 € a testa
il punto è che piove
sono del 1990, tu?
siamo in 4, arrivano altri 2
qualcuno ha un caricatore?
il 25/12/2026 siamo chiusi""",
    "Portuguese": """tudo bem. com certeza
alguém vai ao show hoje?
às 19h30 na entrada principal
custa R$ 45,00 por pessoa
nasci em 1999, e você?
o ponto de encontro é ali
somos 6, mais 2 chegando
dia 07/09/2026 é feriado""",
    "Dutch": """Hoi allemaal, wie is er bij het concert?
om 19.30 uur bij de ingang
dat kost € 12,50 per persoon
ik ben uit 1988
we zijn met 4, nog 2 onderweg
a.u.b. niet te laat
op 5-12-2026 is het pakjesavond""",
    "Polish": """Cześć wszystkim, kto jest na koncercie?
o 18:30 przy wejściu
to kosztuje 45 zł od osoby
urodziłem się w 1993 r.
jest nas 5, jeszcze 2 idą
np. jutro albo tzn. pojutrze
kropka nad i
1.11.2026 jest wolne""",
    "Turkish": """Herkese merhaba, konserde kim var?
saat 20.30'da kapıda buluşalım
kişi başı 450 TL
1996 doğumluyum
biz 4 kişiyiz, 2 kişi daha geliyor
nokta koyalım artık
29.10.2026 tatil""",
    "Russian": """привет.как дела
Всем привет, кто на концерте?
встречаемся в 18:30 у входа
билет 1500 руб., нас четверо
я 1991 года, а ты?
так.ну да
точка, и всё
нас 5, ещё 2 идут
12.06.2026 выходной
это в 300 м отсюда""",
    "Ukrainian": """Всім привіт, хто на концерті?
зустріч о 19:00 біля входу
квиток 450 ₴ на людину
я з 1994 року
нас 6, ще 2 їдуть""",
    "Greek": """Γεια σε όλους, ποιος είναι στη συναυλία;
στις 20:30 στην είσοδο
κάνει 12,50 € το άτομο
γεννήθηκα το 1989
είμαστε 4, έρχονται άλλοι 2""",
    "Arabic": """مرحبا جميعا، من في الحفلة الليلة؟
نلتقي الساعة ٨:٣٠ عند الباب
السعر ١٥٠ ريال للشخص
نحن ٥ أشخاص
أنا من مواليد ١٩٩٥""",
    "Hebrew": """שלום לכולם, מי בהופעה?
ניפגש ב-20:30 בכניסה
זה עולה 45 ₪ לאדם
אנחנו 4, עוד 2 בדרך""",
    "Hindi": """नमस्ते सब लोग, कॉन्सर्ट में कौन है?
शाम ७:३० बजे गेट पर मिलते हैं
टिकट ₹1,500 का है
मैं १९९८ में पैदा हुआ
हम ५ लोग हैं""",
    "Chinese": """大家好，今天谁在演唱会？
晚上7:30在门口见。我在左边
票价1500元
我1995年出生
我们5个人，还有2个在路上
好的。没问题！""",
    "Japanese": """こんばんは。ライブに来てる人いますか？
19:30に入口で会いましょう
チケットは10000円でした
1997年生まれです
5人います。あと2人来ます
今日は。元気？""",
    "Korean": """안녕하세요, 콘서트에 누구 있어요?
7시 30분에 입구에서 만나요
표는 45,000원이에요
1996년생이에요
우리 5명, 2명 더 와요""",
    "Thai": """สวัสดีทุกคน ใครอยู่ที่คอนเสิร์ตบ้าง
เจอกัน 19:30 หน้าทางเข้า
ตั๋วราคา 1500 บาท
เรามี 5 คน""",
    "Vietnamese": """Chào mọi người, ai đang ở buổi hòa nhạc?
gặp nhau lúc 19:30 ở cổng nhé
vé 450.000 đồng một người
mình sinh năm 1997
có 5 người, thêm 2 người nữa""",
    "Indonesian": """Halo semua, siapa yang di konser?
ketemu jam 19.30 di pintu masuk
tiketnya Rp 1.500.000 berdua
saya lahir tahun 1996
kami 5 orang, 2 lagi menyusul""",
    "Swedish": """Hej alla, vem är på konserten?
kl. 19.30 vid entrén
det kostar 450 kr per person
jag är född 1992
vi är 5, 2 till kommer""",
}
"""By language, a line each."""

EVASIONS: dict[str, list[str]] = {
    "link": [
        "visit example.com",
        "example.com",
        "go to EXAMPLE.COM now",
        "Example.Com is mine",
        "https://x.y",
        "http://foo",
        "hxxp://foo",
        "www.foo",
        "www . foo . com",
        "meineseite.de",
        "meineseite.de ist super",
        "cheap-pills.me",
        "shop24.in",
        "bit.ly/abc",
        "t.me/foo",
        "wa.me/123",
        "youtu.be/dQw4w9WgXcQ",
        "chat.whatsapp.com/xyz",
        "discord.gg/abc",
        "paypal.me/foo",
        "linktr.ee/foo",
        "foo.xyz",
        "vasya.eth",
        "sub.domain.example.co.uk",
        "example dot com",
        "example d0t com",
        "example [dot] com",
        "example(dot)com",
        "example{.}com",
        "seite punkt de",
        "example-dot-com",
        "example . com",
        "example .com",
        "e x a m p l e . c o m",
        "example\u3002com",
        "ｅｘａｍｐｌｅ．ｃｏｍ",
        "exam\u200bple.c\u200bom",
        "exam\u00adple.com",
        "e\u0301xample.com",
        "ⓔⓧⓐⓜⓟⓛⓔ.ⓒⓞⓜ",
        "𝐞𝐱𝐚𝐦𝐩𝐥𝐞.𝐜𝐨𝐦",
        "пример.рф",
        "例え.コム",
        "公司.中国",
        "예시.한국",
        "xn--e1afmkfd",
        "example.сом",
        "ехаmple.com",
        "пример точка ком",
        "look:example.com,now",
        "(example.com)",
        '"example.com"',
        "ilmiosito.it",
        "ilmiosito.it bello",
        "somewhere.world/x",
    ],
    "handle": [
        "me@example",
        "me (at) example",
        "name at gmail please",
        "name arroba hotmail",
        "@some_name",
        "add me @some_name",
        "＠some_name",
        "insta: name",
        "ig: foo_bar",
        "Insta - foobar",
        "I N: snap: foobar",
        "telegram: foobar",
        "tg foobar99",
        "my insta is foo_99",
        "my snap foo.bar",
        "add me on insta foo_99",
        "discord: foo",
        "foo#1234",
        "line id: foobar",
        "line id foobar",
        "psn id foobar",
        "steam username foobar",
        "of name foo_bar",
        "signal name foo.42",
        "微信: foobar",
        "inсta id, insta id: foo",
        "инста: vasya",
        "тг: vasya",
        "kakao: foobar",
    ],
    "wallet": [
        "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "send to 0x52908400098527886E0F7030069857D2E4169EE7",
        "TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC",
    ],
    "number": [
        "0664 1234567",
        "+43 (664) 12-34-567",
        "555-123-4567",
        "555.123.4567",
        "(555) 123 4567",
        "0 6 6 4 1 2 3 4 5",
        "0.6.6.4.1.2.3",
        "0,6,6,4,1,2,3",
        "٠٦٦٤١٢٣٤٥٦٧",
        "०६६४१२३४५",
        "０６６４１２３４５",
        "0️⃣6️⃣6️⃣4️⃣1️⃣2️⃣3️⃣",
        "⓪⑥⑥④①②③",
        "0\u200b6\u200b6\u200b4\u200b1\u200b2\u200b3",
        "zero six six four one two three",
        "zero, six, six, four, one, two, three",
        "null-sechs-sechs-vier-eins-zwei-drei",
        "cero seis seis cuatro uno dos tres",
        "ноль шесть шесть четыре один два три",
        "call 0664 then 123 then 4567",
        "my number 0664/1234567 ok",
        "AT61 1904 3002 3457 3201",
        "48.2082, 16.3738",
        "$06641234567",
        "12345678",
    ],
}
"""By what they are, as ``Held`` has it."""
