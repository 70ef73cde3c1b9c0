"""The currencies of ISO 4217 that money is paid in: a wrong letter in a code is found, not converted."""

_CODES = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP
    CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF
    IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD
    MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB
    RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD
    UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
CURRENCIES = frozenset(_CODES.split())
# What price books and providers' own charges are in.
PRICE_CURRENCY = "USD"
# Those whose smallest unit is not a hundredth. A row may be paid in them; statements are in hundredths.
_OTHER_DECIMALS = """
    BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF BHD IQD JOD KWD LYD OMR TND
"""
_NO_HUNDREDTHS = frozenset(_OTHER_DECIMALS.split())


def reporting_currency(code: str) -> str:
    """The code, if figures can be reported in it. Raises ValueError with a sentence that begins with a verb."""
    if code not in CURRENCIES:
        raise ValueError("must be a currency of ISO 4217 in capitals, such as EUR")
    if code in _NO_HUNDREDTHS:
        raise ValueError(
            "has no hundredths, in which statements and budgets are: choose a currency that has, such as EUR"
        )
    return code
