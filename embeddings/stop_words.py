"""The commonest words of a few languages: they name a language, and they name nothing else."""

#: ISO 639-1 code → words, most frequent first. Of languages with a script of their own none are needed.
STOP_WORDS: dict[str, frozenset[str]] = {
    code: frozenset(words.split())
    for code, words in {
        "en": """the of and to in a is that for it as was with be by on not he his but at are this have from or had an
            they which one you were her all she there would their we him been has when who will more no if out so said
            what up its about into than them can only other new some could time these two may then do first any my now
            such like our over me even most made after also did many before must through your where much should each
            how between those both because under while during same until does within per use used see using""",
        "de": """der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus
            er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor
            zur bis mehr durch man sein wurde sei ihr wenn unter wir kann ihre diese dieser dieses ich""",
        "fr": """de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec ou
            son aux sa comme mais on été ses cette ont elle fait nous leur était même deux ces dont vous je être peut
            sans d l s n qu c""",
        "es": """de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me si
            sin sobre este ya entre cuando todo esta ser son dos también fue había era muy años hasta desde está""",
        "it": """di e il la che in a per un del è della con non una si i da le al dei nel come più alla delle gli sono
            ha lo anche o ma dal su nella se questo suo essere ed ai tra l d""",
        "pt": """de a o que e do da em um para com não uma os no se na por mais as dos como mas ao ele das à seu sua ou
            quando muito nos já eu também só pelo pela até isso ela entre depois sem mesmo aos seus quem foi são""",
        "nl": """de van het een en in is dat op te zijn met voor niet aan er om ook als bij door maar uit naar dan nog
            of hij over zo tot wordt werd worden deze die wat heeft hebben kan was ze""",
        "sv": """och i att det som en på är av för med den till inte har de ett om han men var jag sig från vi så kan
            när man nu under eller efter upp där vid""",
        "da": """og i at det er en til af på for med den der de som ikke har et var jeg han men sig fra vi så kan når
            man nu efter eller op hvor""",
        "pl": """w i na z się nie do to że jest o jak a za od po co ale tak przez już dla przy ich być tego jego czy
            tylko oraz który która które może""",
        "cs": """a v se na je že s z do o to i k za ve pro jako po by ale byl jeho který nebo tak podle jsou které byla
            při od jen už""",
        "tr": """ve bir bu da de için ile olarak çok daha olan gibi en kadar sonra her ne ya ki o değil var ancak
            tarafından""",
        "hu": """a az és hogy nem is egy ez meg de volt csak már mint el még vagy ha azt kell lehet""",
        "fi": """ja on ei se että oli hän mutta ovat myös kun ole tai jos niin mukaan sen kuin joka vain""",
        "id": """yang dan di dari untuk dengan pada ini itu dalam adalah tidak ke akan oleh juga atau sebagai""",
        "vi": """và của là có trong được cho các một những không với để người này đã khi từ đến""",
    }.items()
}
