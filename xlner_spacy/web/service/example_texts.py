"""A text for each of some languages, for the page to begin with. Our own sentences; a test looks at what is found."""

EXAMPLES = {
    "pt": "O Tribunal de Justiça da União Europeia, com sede no Luxemburgo, deu razão à Comissão Europeia.",
    "ar": "زار الرئيس إيمانويل ماكرون القاهرة يوم الأحد، ثم سافر إلى بيروت.",
    "ca": "Maria Puig treballa a la Universitat de Barcelona i viu a Girona.",
    "de": "Angela Merkel sprach in Berlin mit Vertretern der Vereinten Nationen.",
    "en": "Angela Merkel spoke in Berlin with representatives of the United Nations.",
    "es": "El presidente Gustavo Petro se reunió en Bogotá con representantes de la Unión Europea.",
    "eu": "Itziar Etxeberria Bilbon bizi da eta Euskal Herriko Unibertsitatean lan egiten du.",
    "fr": "Emmanuel Macron a rencontré à Bruxelles les représentants de la Commission européenne.",
    "gl": "Rosalía Castro traballa na Universidade de Santiago de Compostela e vive en Lugo.",
    "he": "ראש הממשלה בנימין נתניהו נפגש בירושלים עם נציגי האיחוד האירופי.",
    "hr": "Ivana Horvat radi na Sveučilištu u Zagrebu i živi u Karlovcu.",
    "it": "Sergio Mattarella ha incontrato a Roma i rappresentanti della Commissione europea.",
    "mk": "Ивана Петрова живее во Скопје и работи во Европската Унија.",
    "ru": "Анна Иванова работает в Московском университете и живёт в Твери.",
    "sw": "Rais Samia Suluhu Hassan alifungua hospitali mpya jijini Dodoma, Tanzania.",
}
