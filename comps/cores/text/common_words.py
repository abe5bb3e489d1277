"""The commonest words of languages that share a script with others: articles, pronouns, verbs like "to be", greetings.

They tell a sentence's language: hardly any has none of them. English has more than the rest: words that look like another
language's ("war", "hat", "on", "pour") must not betray it.
"""

from __future__ import annotations

from collections.abc import Mapping

_WORDS: Mapping[str, str] = {
    "en": """
        the a an and or but if of to in on at by for from with without about into over under after before between
        through during against is am are was were be been being have has had do does did don doesn didn isn aren wasn
        can could will would shall should may might must won wouldn couldn i you he she it we they me him her us them
        my your his its our their mine yours this that these those there here where when why how what who which whose
        all any some no not none nothing something anything everything each every both few many much more most other
        another such only own same so than too very just also then now again once ever never always often still yet as
        because while until till since though although up down out off back away well yes yeah okay ok please thanks
        thank hello hi hey welcome sorry let get got go goes going went gone come comes came make made take took see
        saw say said says tell told know knew think thought want wants need needs like likes look looks good great
        nice new old big little long first last next one two three four five six seven eight nine ten time times day
        days week year years today tomorrow yesterday people man men woman women child children thing things way world
        life hand part place case point home house war hat die son comment pour pays sin bin fat bar pan main fin art
        pain chat coin champ sang dire met even star bad gang hang land brand arm rat rock gift kind plus sale sole
        dare ring word words name names called means meaning question answer example right left high low small large
        different important really actually maybe perhaps sure course et cetera ad hoc per se pro via problem problems
        capital idea city country language second third person mother father friend love live lives lived wrote
        written book read reading speak speaks spoke talk believe hope wait play run walk eat drink water food school
        money music film movie game red green blue white black hot cold north south east west river mountain sea sun
        moon earth human computer
        """,
    "de": """
        der die das den dem des ein eine einen einem einer eines kein keine keinen und oder aber wenn weil dass daß ob
        denn als wie was wer wo wann warum wieso welche welcher welches ich du er sie es wir ihr mich dich sich uns
        euch ihm ihn ihnen mein meine meinen dein deine sein seine ihre ihren unser unsere ist bin bist sind seid war
        waren wäre wird werden wurde wurden würde habe hast hat haben hatte hatten kann kannst können könnte muss
        musst müssen soll sollte will willst wollen möchte darf mag macht machen gibt geht gehen kommt kommen sagt
        sagen weiß wissen nicht nichts nie immer auch noch schon nur sehr mehr viel viele alle alles etwas hier dort
        da dann jetzt heute morgen gestern von vom zu zum zur mit ohne für gegen durch auf aus bei nach vor über unter
        zwischen im ins am beim seit bis um ja nein doch bitte danke hallo guten gute gut gern gerne tag abend
        herzlich willkommen tschüss leider natürlich vielleicht wirklich ganz einfach zwei drei vier liegt liegen
        steht stehen heißt heiße heißen lautet bedeutet nennt zuerst erst zunächst danach außerdem deshalb trotzdem
        jedoch sowie sowohl weder entweder etwa fast ganze ganzen großen große großer kleinen kleine kleiner neue
        neuen neuer schön schöne schönen schönes wichtig wichtige erste ersten zweite stadt hauptstadt land leben
        frage antwort hilfe helfen glaube denke finde sehe sprechen sprache wort worte woche monat jahre uhr freut
        freue problem tut leid wohne wohnt arbeite arbeitet spielt trinke essen gehört wirst werde damit dafür davon
        darüber dabei einige einigen mehrere jeder jede jedes niemand jemand in an
        """,
    "nl": """
        de het een en of maar als want omdat dat dit die deze van voor met zonder naar uit bij aan op om over onder
        tussen tegen door ik jij je hij zij ze wij we jullie u mij me hem haar ons hun zijn ben bent is was waren word
        wordt worden werd heb hebt heeft hebben had kan kun kunt kunnen moet moeten mag wil wilt willen zal zullen zou
        ga gaat gaan komt doet doen maakt niet geen niets nooit altijd ook nog al wel alleen heel erg zeer meer veel
        alle alles iets hier daar dan toen nu vandaag morgen gisteren wat wie waar wanneer waarom hoe welke mijn jouw
        uw onze er ja nee alstublieft bedankt dank hallo goed goede goedemorgen dag graag natuurlijk misschien gewoon
        twee drie vier heet woon woont stad land hoofdstad vraag antwoord eerst eerste daarna verder echter helpen
        hulp spreken spreekt taal woord woorden man vrouw kinderen tijd leven kleine grote nieuwe mooie elke enkele
        andere niemand iemand denk vind vinden leuk aangenaam spijt week jaar maand ligt staat heten weet ontmoeten in
        """,
    "fr": """
        allez veux viens le la les l un une des du de d au aux et ou mais si que qu qui quoi dont où quand comment
        pourquoi combien accord allons
        quel quelle quels je j tu il elle on nous vous ils elles me m te se s lui leur moi toi eux mon ma mes ton ta
        tes son sa ses notre nos votre vos leurs ce c cet cette ces ça cela ceci suis est sommes êtes sont étais était
        étaient être été ai as a avons avez ont avait avoir eu fait faire fais peut peux pouvez pouvons veux veut
        voulez vais va vont aller dit dire sais sait faut ne n pas plus rien jamais toujours aussi encore déjà très
        bien trop peu beaucoup tout tous toute toutes quelque chose ici là alors maintenant aujourd hui demain hier
        avec sans pour par dans sur sous entre vers chez contre depuis pendant avant après comme parce donc car oui
        non merci bonjour bonsoir salut revoir plaît monde bon bonne deux trois quatre voici voilà appelle habite même
        en appelez habitons ville pays capitale question réponse première premier ensuite puis enfin ainsi cependant
        pourtant heureux heureuse heure aide aider parler parle français langue mot mots homme femme enfants temps vie
        petite petit grande grand belle beau nouveau nouvelle chaque plusieurs certains autre autres personne veuillez
        souhaite souhaitez aime aimez pense trouve trouver située situé ravi enchanté désolé bientôt journée soirée
        année années semaine coupez ajoutez est-ce
        """,
    "es": """
        el la los las lo un una unos unas al del de y e o u pero si que qué quién quien cuál cuándo cuando cómo como
        dónde donde porque por yo tú usted él ella nosotros ustedes ellos ellas me te se nos le les mi mis tu tus su
        sus nuestro nuestra este esta esto estos estas ese esa eso aquel soy eres es somos son era eran fue fueron ser
        sido estoy estás está estamos están estaba estar he has ha hemos han había haber hay tengo tienes tiene
        tenemos tienen tener hago hace hacer puedo puedes puede pueden podemos quiero quieres quiere voy vas va vamos
        van ir digo dice sé sabe debe no ni nada nunca siempre también tampoco ya todavía aún muy más menos mucho
        mucha muchos poco todo toda todos todas algo alguien aquí ahí allí entonces ahora hoy mañana ayer con sin para
        en sobre entre desde hasta hacia contra según durante sí gracias hola buenos buenas días tardes noches adiós
        favor bien bueno buena claro llamo vivo sabes dos tres cuatro años gusto llama llamas vive ciudad país capital
        pregunta respuesta primero primera segundo luego después finalmente además embargo ayudar ayuda ayudarte
        hablar habla hablo español idioma lengua palabra palabras hombre mujer niños tiempo vida pequeño pequeña
        grande gran nuevo nueva cada varios algunos otro otra otros nadie pienso creo encuentra encontrar encantado
        siento conocerte noche semana año mes cebollas corta cortas añade
        """,
    "pt": """
        o a os as um uma uns umas ao aos à às do da dos das no na nos nas num numa pelo pela de e ou mas se que quê
        quem qual quando como onde porque por eu tu você ele ela nós vocês eles elas me te lhe meu minha meus minhas
        teu seu sua seus suas nosso nossa este esta isto esse essa isso aquele sou és é somos são era eram foi foram
        ser sido estou está estamos estão estava estar tenho tem temos têm ter tinha há haver faço faz fazer posso
        pode podem podemos quero quer vou vai vamos vão ir digo diz sei sabe deve não nem nada nunca sempre também já
        ainda muito muita muitos pouco mais menos tudo todo todos todas algo alguém aqui aí ali lá então agora hoje
        amanhã ontem com sem para em sobre entre desde até contra durante sim obrigado obrigada olá oi bom boa dia
        tarde noite adeus favor bem claro dois três quatro anos chamo moro cidade país capital pergunta resposta
        primeiro primeira segundo depois finalmente além porém ajudar ajuda falar fala falo português língua palavra
        palavras homem mulher crianças tempo vida pequeno pequena grande novo nova cada vários alguns outro outra
        outros ninguém penso acho encontra encontrar prazer conhecê desculpe semana ano mês corte adicione bonito d
        """,
    "it": """
        il lo la i gli le l un uno una del dello della dei degli delle al allo alla ai agli alle dal dalla nel nella
        nei sul sulla di a da in con su per tra fra e ed o ma se che chi cosa quale quando come dove perché quanto io
        tu lui lei noi voi loro mi ti si ci vi me te mio mia miei tuo tua suo sua nostro vostro questo questa questi
        quello quella sono sei è siamo siete era erano essere stato stata ho hai ha abbiamo avete hanno aveva avere
        faccio fa fare posso puoi può possono voglio vuoi vuole vado va andiamo vanno andare dico dice so sa deve non
        né niente nulla mai sempre anche ancora già molto molta più meno poco tutto tutta tutti tutte qualcosa qui qua
        lì là allora adesso ora oggi domani ieri senza sopra sotto dopo prima contro sì no grazie ciao buongiorno
        buonasera arrivederci prego favore bene buono buona due tre quattro anni piacere c chiamo abito città paese
        capitale domanda risposta primo secondo poi infine inoltre tuttavia però aiutare aiuto aiutarti parlare parla
        parlo italiano lingua parola parole uomo donna bambini tempo vita piccolo piccola grande nuovo nuova ogni
        alcuni altri altro nessuno penso credo trova trovare conoscerti dispiace giorno sera notte settimana anno mese
        aggiungi taglia bello bella d dell all nell sull dall n
        """,
    "ca": """
        el la els les un una uns unes al als del dels pel de i o però si que què qui quin quan com on perquè per jo tu
        vostè ell ella nosaltres vosaltres ells em et es ens us li meu meva teu seu seva nostre aquest aquesta això
        aquell sóc soc ets és som sou són era ser estic està estan estar he has ha hem heu han havia hi ho tinc té
        tenim tenen faig fa fer puc pot vull vol vaig va anem no ni res mai sempre també ja encara molt molta més
        menys tot tota tots totes aquí allà llavors ara avui demà ahir amb sense en sobre entre des fins gràcies hola
        bon bona dia tarda nit adéu plau bé dos tres quatre anys dic visc ciutat país pregunta resposta primer després
        ajudar parlar parla català llengua paraula temps vida petit gran nou cada alguns altre ningú penso trobar
        encantat setmana any mes sé catalunya d l s n
        """,
    "ro": """
        un o unui unei al ai ale cu la de din în pe pentru prin fără despre sub peste între până după și sau dar dacă
        că ce cine care când cum unde eu tu el ea noi voi ei ele mă te se ne vă îi îmi îți meu mea tău sa său nostru
        acest această acesta aceasta acel sunt ești este e suntem sunteți era erau fi fost am are avem aveți au avea
        fac face pot poate vreau vrea merg merge spun știu trebuie nu nici nimic niciodată mereu deja încă foarte mult
        multă mai puțin tot toate toți ceva aici acolo atunci acum azi astăzi mâine ieri da mulțumesc bună ziua salut
        revedere rog bine doi trei ani numesc locuiesc oraș oraşul orașul țară capitala întrebare răspuns întâi apoi
        totuși ajuta ajutor vorbi limba cuvânt timp viață mic mare nou nouă fiecare câteva alte nimeni cineva cred
        încântat pare săptămână lună află într dintr
        """,
    "pl": """
        i a oraz lub ale jeśli że bo ponieważ który która które co kto gdzie kiedy jak dlaczego ile ja ty on ona ono
        my wy oni one mnie ciebie jego jej go mu nas was ich mój moja moje twój swój nasz ten ta to te tego tej tym
        jestem jesteś jest jesteśmy są był była było byli być będzie mam masz ma mamy mają miał mieć robić robi może
        mogę możesz możemy chcę chce idę iść mówi wiem wie trzeba nie nic nigdy zawsze też także już jeszcze tylko
        bardzo więcej dużo mało wszystko wszyscy coś tu tutaj tam wtedy teraz dziś dzisiaj jutro wczoraj w we z ze na
        do od dla po przy przez o u za pod nad między bez tak dziękuję cześć dzień dobry proszę witam dobrze się dwa
        trzy lat nazywam mieszkam miasto kraj stolica stolicą pytanie odpowiedź najpierw potem następnie jednak pomóc
        pomoc mówić język słowo czas życie mały duży nowy nowa każdy kilka inny nikt ktoś myślę miło poznać
        przepraszam tydzień rok miesiąc leży znajduje
        """,
    "cs": """
        a i nebo ale jestli že protože který která které co kdo kde kdy jak proč kolik já ty on ona ono my vy oni mě
        mne tě ho mu ji nás vás jich můj moje tvůj svůj náš ten ta to tento tato toto jsem jsi je jsme jste jsou byl
        byla bylo byli být bude mám máš má máme mají měl mít dělat dělá může mohu můžeš můžeme chci chce jdu jít říká
        vím ví musí ne nic nikdy vždy také taky už ještě jen velmi více víc hodně málo všechno všichni něco tu tady
        tam pak teď dnes zítra včera v ve z ze na do od pro po při přes o u za pod nad mezi bez ano děkuji ahoj dobrý
        den prosím vítejte dobře se si dva tři let jmenuji bydlím město hlavní země otázka odpověď nejprve potom však
        pomoci mluvit jazyk slovo čas život malý velký nový každý několik jiný nikdo někdo myslím těší omlouvám týden
        rok měsíc nevím leží nachází
        """,
    "sk": """
        a i alebo ale ak že pretože ktorý ktorá ktoré čo kto kde kedy ako prečo koľko ja ty on ona ono my vy oni ma
        mňa ťa ho mu ju nás vás ich môj moja moje tvoj svoj náš ten tá to tento táto toto som si je sme ste sú bol
        bola bolo boli byť bude mám máš má máme majú mal mať robiť robí môže môžem môžeš môžeme chcem chce idem ísť
        hovorí viem vie musí nie nič nikdy vždy tiež už ešte len veľmi viac veľa málo všetko všetci niečo tu tam potom
        teraz dnes zajtra včera v vo z zo na do od pre po pri cez o u za pod nad medzi bez áno ďakujem ahoj dobrý deň
        prosím vitajte dobre sa dva tri rokov volám bývam mesto hlavné krajina otázka odpoveď najprv však pomôcť
        hovoriť jazyk slovo čas život neviem nachádza
        """,
    "sl": """
        in ali ampak pa če da ker ki kaj kdo kje kdaj kako zakaj koliko jaz ti on ona mi vi oni me te ga mu jo nas vas
        jih moj moja moje tvoj svoj naš ta to tega tem sem si je smo ste so bil bila bilo bili biti bo imam imaš ima
        imamo imajo imel imeti dela lahko morem hočem želim grem reče vem ve mora ne nič nikoli vedno tudi že še samo
        zelo več veliko malo vse vsi nekaj tu tukaj tam potem zdaj danes jutri včeraj v z s na do od za po pri čez o u
        pod nad med brez hvala živjo dober dan prosim dobro se dva tri let imenujem živim mesto glavno država
        vprašanje odgovor najprej nato vendar pomagati jezik beseda čas življenje vsak drugi nihče nekdo mislim veseli
        oprosti teden mesec nahaja
        """,
    "hr": """
        i ili ali ako da jer koji koja koje što tko gdje kada kad kako zašto koliko ja ti on ona ono mi vi oni me mene
        te ga mu nju nas vas ih moj moja moje tvoj svoj naš ovaj ova ovo taj ta to sam si je smo ste su bio bila bilo
        bili biti će ću bit imam imaš ima imamo imaju imao imati radi može mogu možeš možemo hoću želim idem kaže znam
        zna mora nije ne ništa nikad uvijek također već još samo vrlo jako više mnogo malo sve svi nešto tu ovdje tamo
        onda sada danas sutra jučer u iz na do od za po pri kroz o pod nad između bez hvala bok dobar dan molim dobro
        se dva tri godina zovem živim grad glavni država pitanje odgovor prvo zatim međutim pomoći jezik riječ vrijeme
        život svaki neki drugi nitko netko mislim drago oprosti tjedan mjesec nalazi
        """,
    "hu": """
        a az egy és vagy de ha hogy mert aki ami mi ki hol mikor hogyan miért mennyi én te ő ti ők engem téged őt
        minket nekem neked neki ez ezt azt ezek azok vagyok van vagyunk vannak volt voltak lesz lenni nincs legyen
        csinál tud tudok tudsz tudja lehet akar akarok szeretnék megy megyek mond mondja kell nem semmi soha mindig is
        már még csak nagyon több sok kevés minden mindenki valami itt ott akkor most ma holnap tegnap ban ben nak nek
        val vel között alatt után előtt nélkül igen köszönöm szia helló jó napot kérem jól szép kettő három év nevem
        lakom város ország fővárosa kérdés válasz először aztán azonban segíteni segítség beszél nyelv szó idő élet
        kicsi nagy új néhány más senki valaki gondolom örülök sajnálom hét hónap tudom található
        """,
    "fi": """
        ja tai mutta jos että koska joka jotka mikä mitä kuka missä milloin miten miksi kuinka minä sinä hän me te he
        minun sinun hänen meidän teidän heidän minulla sinulla se ne tämä tämän tuo nämä nuo olen olet on olemme ovat
        oli olivat olla ollut ole ei en et emme eivät teen tekee voi voin voit voimme haluan haluaa menen menee sanoo
        tiedän tietää täytyy pitää mitään koskaan aina myös jo vielä vain hyvin erittäin enemmän paljon vähän kaikki
        jotain täällä siellä tässä sitten nyt tänään huomenna eilen kanssa ilman kyllä joo kiitos hei moi terve hyvää
        päivää hyvä kaksi kolme vuotta nimeni asun kaupunki maa pääkaupunki kysymys vastaus ensin kuitenkin auttaa apu
        puhua kieli sana aika elämä pieni suuri uusi jokainen muutama muut kukaan joku luulen hauska tavata anteeksi
        viikko kuukausi suomen sijaitsee
        """,
    "et": """
        ja või aga kui et sest kes mis mida kus millal kuidas miks palju mina ma sina sa tema ta meie me teie te nemad
        nad minu mu sinu see selle need nende olen oled on oleme olete oli olid olla olnud ole ei teen teeb võin võib
        saan saab tahan tahab lähen läheb ütleb tean teab peab midagi mitte kunagi alati ka juba veel ainult väga
        rohkem vähe kõik siin seal siis nüüd täna homme eile koos ilma jah aitäh tere hommikust päevast palun hästi
        kaks kolm aastat nimi elan linn pealinn riik küsimus vastus esiteks siiski aidata keel sõna aeg elu tea
        """,
    "sv": """
        och eller men om att för därför som vad vem var när hur varför vilken jag du han hon den det vi ni de mig dig
        honom henne oss er dem min mitt mina din ditt dina sin sitt hans hennes vår deras en ett denna detta dessa är
        varit vara blir blev bli har hade ha gör göra kan kunde vill ska skulle måste får går gå kommer säger vet inte
        ingen inget ingenting aldrig alltid också redan än bara mycket mer många alla allt något här där då nu idag
        imorgon igår i på av till från med utan under över mellan efter före hos ja nej jo tack hej god morgon dag
        snälla bra gärna kanske två tre år heter bor stad huvudstad land fråga svar först sedan dock hjälpa hjälp tala
        språk ord tid liv liten stor ny varje några andra någon tror trevligt träffas ledsen vecka månad ligger
        sveriges in
        """,
    "nb": """
        og eller men om at for fordi som hva hvem hvor når hvordan hvorfor hvilken jeg du han hun den det vi dere de
        meg deg ham henne oss dem min mitt mine din ditt dine sin sitt hans hennes vår deres en et ei denne dette
        disse er var vært være blir ble bli har hadde ha gjør gjøre kan kunne vil skal skulle må får går gå kommer
        sier vet ikke ingen ingenting aldri alltid også allerede enda bare veldig mer mye mange alle alt noe noen her
        der da nå i på av til fra med uten under over mellom etter før hos ja nei jo takk hei god morgen dag bra
        gjerne kanskje to tre år heter bor by hovedstad hovedstaden land spørsmål svar først siden hjelpe hjelp snakke
        språk ord tid liv liten stor hver andre tror hyggelig beklager uke måned ligger norge
        """,
    "da": """
        og eller men om at for fordi som hvad hvem hvor hvornår hvordan hvorfor hvilken jeg du han hun den det vi i de
        mig dig ham hende os jer dem min mit mine din dit dine sin sit hans hendes vores deres en et denne dette disse
        er var været være bliver blev blive har havde have gør gøre kan kunne vil skal skulle må får går gå kommer
        siger ved ikke ingen ingenting aldrig altid også allerede endnu kun meget mere mange alle alt noget nogle her
        der da nu på af til fra med uden under over mellem efter før hos ja nej jo tak hej god morgen dag godt gerne
        måske to tre år hedder bor by hovedstad land spørgsmål svar først siden hjælpe hjælp tale sprog ord tid liv
        lille stor hver andre tror hyggeligt beklager uge måned ligger danmarks
        """,
    "is": """
        og eða en ef að því sem hvað hver hvar hvenær hvernig af ég þú hann hún það við þið þeir þær mig þig mér þér okkur minn
        mín þinn þín sinn þetta þessi er ert eru erum var voru vera verið verður hef hefur hafa hafði get getur geta vil vill
        fer fara kemur segir veit ekki enginn ekkert aldrei alltaf líka bara mjög meira mikið allt allir eitthvað hér þar þá núna
        í á til frá með án undir yfir milli eftir fyrir hjá já nei takk halló góðan daginn góða vel tveir þrír ár
        """,
    "tr": """
        ve veya ama fakat eğer çünkü ki ne kim nerede nasıl neden niçin hangi kaç ben sen o biz siz onlar beni seni
        onu bizi bana sana ona benim senin onun bizim bu şu bunlar bir değil var yok olan olarak oldu olur olmak
        olabilir ediyor yapmak yapıyor istiyorum gidiyorum geliyor biliyorum gerek hiç hiçbir her zaman da de mi mı mu
        mü daha çok az en bütün tüm şey burada orada sonra şimdi bugün yarın dün ile için gibi kadar göre önce evet
        hayır teşekkürler teşekkür ederim merhaba selam günaydın iyi günler lütfen güzel iki üç yıl musun misin mısın
        adım yaşıyorum şehir şehri ülke başkenti başkentidir soru cevap ancak yardım yardımcı konuşmak dil kelime
        hayat küçük büyük yeni diğer kimse biri düşünüyorum memnun üzgünüm hafta ay bilmiyorum bulunur olabilirim
        """,
    "id": """
        dan atau tetapi tapi jika kalau bahwa karena yang apa siapa mana kapan bagaimana mengapa kenapa berapa saya
        aku kamu anda dia kami kita mereka ini itu adalah ada akan sudah telah sedang belum bisa dapat harus mau ingin
        pergi datang tahu tidak bukan jangan juga masih hanya sangat lebih banyak sedikit semua sesuatu sini sana situ
        lalu sekarang besok kemarin di ke dari untuk dengan tanpa pada dalam oleh seperti tentang antara setelah
        sebelum ya terima kasih halo selamat pagi siang malam tolong baik dua tiga tahun hari kabar nama bernama
        tinggal kota negara ibukota ibu pertanyaan jawaban pertama kemudian namun membantu bantuan berbicara bahasa
        kata waktu hidup kecil besar baru setiap beberapa lain pikir senang bertemu maaf minggu bulan terletak
        """,
    "ms": """
        dan atau tetapi jika kalau bahawa kerana yang apa siapa mana bila bagaimana mengapa kenapa berapa saya aku awak anda dia
        kami kita mereka ini itu ialah adalah ada akan sudah telah sedang belum boleh dapat perlu mahu hendak pergi datang tahu
        tidak bukan jangan juga masih hanya sangat lebih banyak sedikit semua sini sana situ sekarang esok semalam di ke dari
        untuk dengan tanpa pada dalam oleh seperti tentang antara selepas sebelum ya terima kasih helo selamat pagi petang malam
        tolong baik dua tiga tahun hari khabar nama
        """,
    "vi": """
        và hoặc nhưng nếu rằng vì mà gì ai đâu khi nào sao thế tại bao nhiêu tôi bạn anh chị em ông bà cô nó chúng ta
        họ này đó kia là có được đã đang sẽ chưa phải muốn cần biết làm đi đến nói không chẳng đừng cũng vẫn chỉ rất
        hơn nhiều ít tất cả các những một hai ba ở đây bây giờ hôm nay ngày mai qua của cho với trong trên dưới từ về
        như vâng cảm ơn xin chào tạm biệt khỏe tốt năm người tên sống thành phố thủ đô nước hỏi câu trả lời đầu tiên
        sau giúp tiếng thời gian đời nhỏ lớn mới mỗi khác nghĩ vui gặp lỗi tuần tháng nằm
        """,
    "lt": """
        ir arba bet jei kad nes kuris kuri kas ką kur kada kaip kodėl kiek aš tu jis ji mes jūs jie mane tave jį ją
        mus mano tavo jo jos mūsų šis ši tai tas esu esi yra esame buvo būti bus turiu turi turime daro gali galiu
        noriu nori einu sako žinau reikia ne nėra nieko niekada visada taip pat jau dar tik labai daugiau daug mažai
        viskas visi kažkas čia ten tada dabar šiandien rytoj vakar iš į su be po prie per apie tarp už ant ačiū labas
        sveiki diena rytas prašau gerai du trys metų sekasi vardas gyvenu miestas sostinė šalis klausimas atsakymas
        pirma tačiau padėti kalba žodis laikas gyvenimas
        """,
    "lv": """
        un vai bet ja ka jo kurš kura kas ko kur kad kā kāpēc cik es tu viņš viņa mēs jūs viņi mani tevi viņu mūs mans
        mana tavs šis šī tas tā esmu esi ir esam bija būt būs man tev dara var varu gribu grib eju saka zinu vajag ne
        nav nekas nekad vienmēr arī jau vēl tikai ļoti vairāk daudz maz viss visi kaut šeit tur tad tagad šodien rīt
        vakar no uz ar bez pēc pie caur par starp aiz jā nē paldies labdien sveiki čau rīts lūdzu labi divi trīs gadu
        nezinu sauc dzīvoju pilsēta galvaspilsēta valsts jautājums atbilde vispirms tomēr palīdzēt valoda vārds laiks
        dzīve
        """,
    "sq": """
        dhe ose por nëse se sepse që çfarë kush ku kur si pse sa unë ti ai ajo ne ju ata ato më të e i na jam je është jemi janë
        ishte isha kam ke ka kemi kanë kishte bëj mund dua do shkoj thotë di duhet nuk s asgjë kurrë gjithmonë edhe tashmë vetëm
        shumë më pak gjithë këtu atje pastaj tani sot nesër dje në nga me pa për mbi nën midis pas po jo faleminderit përshëndetje
        mirëdita mirë një dy tre vjet ky kjo
        """,
    "af": """
        die n en of maar as dat omdat wat wie waar wanneer hoe hoekom ek jy hy sy dit ons julle hulle my jou hom haar hierdie
        daardie is was wees word het had kan moet mag wil sal sou gaan kom doen maak sê weet nie geen niks nooit altyd ook nog al
        net baie meer alles iets hier daar dan nou vandag môre gister van vir met sonder na uit by aan op om oor onder tussen
        teen deur ja nee asseblief dankie hallo goeie goed dag twee drie vier
        """,
    "cy": """
        y yr a ac neu ond os bod achos beth pwy ble pryd sut pam faint fi ti ef hi ni chi nhw fy dy ei ein eich eu hwn hon hyn
        dw rwyf wyf wyt mae ydy yw oes oedd bydd rydw rydych maen mynd dod gwneud gwybod eisiau gallu dim ddim byth hefyd yn wedi
        am ar at dros drwy gan heb i o wrth rhwng iawn mwy llawer popeth rhywbeth yma yno nawr heddiw yfory ddoe ie na diolch
        helo bore da prynhawn croeso os gwelwch dda un dau tri blynedd
        """,
    "ga": """
        agus nó ach má go mar cad céard cé cá conas cén fáth mé tú sé sí muid sinn sibh siad mo do a ár bhur seo sin an na is tá
        bhí beidh níl raibh bheith féidir liom leat dom duit orm ort déanamh dul teacht níor nach ní riamh i gcónaí freisin fós
        ach an-mhaith níos mó gach rud anseo ansin anois inniu amárach inné ag ar as chuig de faoi gan idir le ó roimh sa san
        thar trí um dia duit maith agat slán fáilte gaeilge
        """,
    "eu": """
        eta edo baina bada ez bai zer nor non noiz nola zergatik zenbat ni zu hura gu zuek haiek nire zure bere gure hau hori da
        naiz zara gara dira zen ziren izan dut duzu du dugu dute zuen ditu egin nahi behar ahal joan etorri esan jakin inoiz beti
        ere oraindik bakarrik oso gehiago asko gutxi dena zerbait hemen han orain gaur bihar atzo eskerrik asko kaixo egun on
        agur mesedez ondo bat bi hiru urte
        """,
    "eo": """
        la kaj aŭ sed se ke ĉar kiu kio kie kiam kiel kial kiom mi vi li ŝi ĝi ni ili mia via lia ŝia nia ilia tiu tio tiuj estas
        estis estos esti havas povas volas devas iras venas diras scias ne nenio neniam ĉiam ankaŭ jam ankoraŭ nur tre pli multe
        ĉio ĉiuj io tie nun hodiaŭ morgaŭ hieraŭ en al de el kun sen por pri sur sub inter post antaŭ jes dankon saluton bonan
        tagon bonvolu bone unu du tri jaroj
        """,
    "la": """
        aut sed si quod quia qui quae quid quis ubi quando quomodo cur ego tu ille illa vos illi mihi tibi meus tuus
        suus noster hic haec is ea es est sumus estis sunt erat erant esse fuit erit habet habeo potest possum volo
        facit dicit nihil numquam etiam iam tantum omnia omnes nunc hodie cras heri ab cum sine ita gratias salve
        salvete bene duo tres enim atque autem in
        """,
    "sw": """
        na au lakini kama kwamba kwa sababu nini nani wapi lini vipi gani ngapi mimi wewe yeye sisi ninyi wao yangu yako yake
        wangu wako wake hii hiyo huyu hao ni si niko uko yuko ana nina una tuna wana alikuwa ilikuwa kuwa kufanya naweza anaweza
        nataka anataka kwenda kuja sema najua lazima hapana hakuna kamwe daima pia bado tu sana zaidi wengi kidogo yote wote kitu
        hapa pale huko sasa leo kesho jana katika bila juu chini kati baada kabla ndiyo asante habari jambo karibu tafadhali
        nzuri mbili tatu miaka ya wa za la cha
        """,
    "mt": """
        u jew imma jekk li għax x min fejn meta kif għaliex kemm jien int hu hi aħna intom huma tiegħi tiegħek tiegħu dan din
        dawn dak hija huwa kien kienet kienu għandi għandek għandu nista tista jista rrid trid irrid sejjer qal naf irid ma mhux
        xejn qatt dejjem ukoll diġà għadu biss ħafna aktar kollox kulħadd xi hawn hemm issa illum għada lbieraħ fi fil ta tal
        minn mill ma mal lil għal għall bla fuq taħt bejn wara qabel iva le grazzi bonġu merħba saħħa tajjeb tnejn tlieta snin
        """,
    "az": """
        və ya amma əgər ki çünki nə kim harada haçan necə niyə hansı neçə mən sən o biz siz onlar məni səni onu mənə sənə mənim
        sənin onun bizim bu bir deyil var yox olan olaraq oldu edir istəyirəm gedirəm bilirəm lazım heç həmişə də da daha çox az
        ən bütün hər şey burada orada sonra indi bu gün sabah dünən ilə üçün kimi qədər əvvəl bəli xeyr təşəkkür edirəm salam
        sabahınız günaydın yaxşı zəhmət iki üç il
        """,
    "ru": """
        и или но если что чтобы потому который которая которые кто где когда как почему сколько я ты он она оно мы вы
        они меня тебя его её ее нас вас их мне тебе ему мой моя моё мои твой свой наш ваш этот эта это эти тот та то
        есть был была было были быть будет могу может можете можно хочу хочет иду говорит знаю знает нужно надо не нет
        ничего никогда всегда тоже также уже ещё еще только очень больше много мало всё все что-то здесь тут там тогда
        сейчас теперь сегодня завтра вчера в во из на до от для по при через о об у за под над между без с со к да
        спасибо привет здравствуйте добрый день пожалуйста хорошо два три лет дела столица город страна вопрос ответ
        зовут живу сначала потом однако помочь помощь язык слово время жизнь каждый рад рада извините находится
        """,
    "uk": """
        і й та або але якщо що щоб бо тому який яка які хто де коли як чому скільки я ти він вона воно ми ви вони мене
        тебе його її нас вас їх мені тобі йому мій моя моє твій свій наш ваш цей ця це ці той є був була було були
        бути буде можу може можна хочу хоче йду каже знаю знає треба не немає нічого ніколи завжди також теж вже ще
        тільки лише дуже більше багато мало все всі щось тут там тоді зараз тепер сьогодні завтра вчора в у з із на до
        від для по при через про за під над між без так ні дякую привіт вітаю добрий день ласка добре два три років
        справи вибач вибачте столиця столицею місто країна питання відповідь звати звуть живу спочатку потім однак
        допомогти мова слово час життя кожен
        """,
    "be": """
        і ды або але калі што каб таму які якая якія хто дзе як чаму колькі я ты ён яна яно мы вы яны мяне цябе яго яе нас вас іх
        мне табе мой мая твой свой наш ваш гэты гэта гэтыя той ёсць быў была было былі быць будзе магу можа хачу хоча іду кажа
        ведаю трэба не няма нічога ніколі заўсёды таксама ужо ўжо яшчэ толькі вельмі больш шмат мала усё усе тут там тады цяпер
        сёння заўтра ўчора ў у з на да ад для па пры праз пра за пад над паміж без так дзякуй прывітанне вітаю добры дзень ласка
        добра два тры гадоў
        """,
    "bg": """
        и или но ако че защото който която които какво кой къде кога как защо колко аз ти той тя то ние вие те мен мене теб него
        нея нас вас тях ми му ѝ си мой моя твой свой наш този тази това тези е съм си сме сте са беше бяха бъде ще имам има
        нямам може мога можем искам иска отивам казва знам трябва не няма нищо никога винаги също вече още само много повече
        малко всичко всички нещо тук там тогава сега днес утре вчера в във с със на до от за по при през у под над между без да
        благодаря здравей здравейте добър ден моля добре две три години
        """,
    "sr": """
        и или али ако да јер који која које што ко шта где када кад како зашто колико ја ти он она оно ми ви они ме мене те га му
        њу нас вас их мој моја твој свој наш овај ова ово тај та то сам си је смо сте су био била било били бити ће ћу имам има
        може могу можемо хоћу желим идем каже знам мора није не ништа никад увек такође већ још само врло јако више много мало
        све сви нешто ту овде тамо онда сада данас сутра јуче у из на до од за по при кроз о под над између без хвала здраво
        добар дан молим добро се два три година
        """,
    "mk": """
        и или но ако дека бидејќи кој која кои што каде кога како зошто колку јас ти тој таа тоа ние вие тие мене тебе него неа
        нас вас нив ми му си мој моја твој свој наш овој оваа ова тој е сум сме сте се беше биде ќе имам има нема може можам
        сакам сака одам вели знам треба не ништо никогаш секогаш исто веќе уште само многу повеќе малку сѐ сите нешто тука таму
        тогаш сега денес утре вчера во со на до од за по при низ под над меѓу без да благодарам здраво добар ден молам добро два
        три години
        """,
    "kk": """
        және мен немесе бірақ егер өйткені не кім қайда қашан қалай неге қанша сен ол біз сіз олар мені сені оны маған саған
        менің сенің оның біздің бұл бір емес бар жоқ болды болады болу керек өте көп аз барлық бәрі осы мұнда онда қазір бүгін
        ертең кеше үшін сияқты дейін кейін бұрын иә рахмет сәлем сәлеметсіз қалайсыз жақсы екі үш жыл
        """,
    "ar": """
        في من على إلى عن مع هذا هذه ذلك التي الذي أن إن كان كانت ما لا لم لن هو هي أنا أنت نحن هل كيف أين متى لماذا و
        أو ثم كل
        """,
    "fa": """
        و در به از که این آن را با برای است هست بود شد می نمی ها های من تو او ما شما آنها چه چرا کجا چطور هم یا اما
        سلام خیلی ممنون
        """,
    "ur": "اور میں کے کی کا ہے ہیں سے کو پر یہ وہ نے تھا تھی ہو کر کیا کیوں کہاں کیسے آپ ہم تم بھی نہیں ایک جو تو لیے شکریہ",
    "ps": "او په د چې دا له ته دی ده یې هم نه زه تاسو موږ څه ولې څنګه کې سره لپاره مننه",
    "ckb": "و لە بە بۆ کە ئەم ئەو من تۆ ئێمە ئێوە چی کوێ چۆن نییە هەیە سوپاس سڵاو",
    "sd": "۽ ۾ جو جي جا کي کان سان آهي آهن هو هي مان توهان اسان ڇا ڪيئن نه پڻ",
    "ug": "ۋە بىلەن بۇ شۇ مەن سەن بىز سىز ئۇ قانداق نېمە بار يوق ئەمەس ياخشى رەھمەت",
    "hi": """
        और में के की का है हैं से को पर यह वह ये वे ने था थी हो कर क्या क्यों कहाँ कैसे आप हम तुम मैं भी नहीं एक जो तो
        लिए धन्यवाद
        """,
    "mr": """
        आणि मध्ये आहे आहेत होता होती ला चा ची चे तो ती ते मी तू आम्ही तुम्ही काय का कुठे कसे कसा पण नाही एक हा ही हे
        धन्यवाद
        """,
    "ne": """
        र मा को का की छ छन् हुन् हो थियो ले लाई यो त्यो म तिमी तपाईं हामी के किन कहाँ कसरी पनि छैन होइन एक धन्यवाद
        राजधानी नेपालको शहर
        """,
    "bn": "এবং ও আমি তুমি আপনি সে আমরা এই ওই না হয় আছে কি কেন কোথায় কেমন একটি করে থেকে জন্য ধন্যবাদ",
    "as": "আৰু মই তুমি আপুনি সি আমি এই নহয় আছে কি কিয় ক'ত কেনে এটা পৰা বাবে ধন্যবাদ",
    "am": "እና ነው ናቸው ነበር አለ የለም እኔ አንተ አንቺ እሱ እሷ እኛ ይህ ያ ምን ማን የት መቼ እንዴት ለምን ግን ወይም በጣም አመሰግናለሁ ሰላም",
    "ti": "እዩ እያ እዮም ነበረ ኣሎ የለን ኣነ ንስኻ ንስኺ ንሱ ንሳ ንሕና እዚ እቲ እንታይ መን ኣበይ መዓስ ከመይ ስለምንታይ ግን ወይ ብጣዕሚ የቐንየለይ ሰላም",
}


def _languages_of_words() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for language, words in _WORDS.items():
        for word in dict.fromkeys(words.split()):
            found[word] = (*found.get(word, ()), language)
    return found


#: Word → the languages that have it.
COMMON_WORDS = _languages_of_words()
