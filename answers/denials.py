"""Whether a sentence says that the documents don't answer: a model's refusal, which no passage can support. Pure."""

import re

_DOCUMENTS = (
    r"(?:documents?|passages?|sources?|context|text|excerpts?|report|filing|information|materials?|dokument\w*|passagen?"
    r"|quellen?|textstellen?|extraits?|documentos?|pasajes?|fuentes?|documenti|passaggi|fonti|trechos?|documenten)"
)
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:not|n't|nowhere|no)\b.{{0,60}}\b(?:in|by|from)\b.{{0,30}}\b{_DOCUMENTS}\b",
        rf"\b{_DOCUMENTS}\b.{{0,40}}\b(?:not|n't|no)\b.{{0,40}}\b(?:contain|say|state|mention|provide|include"
        r"|answer|specify|give|disclose|report|cover|address|enough|information)",
        r"\b(?:cannot|can't|can not|unable to)\b.{0,40}\b(?:answer|determine|find|tell)(?:ed|d|s)?\b",
        r"\b(?:cannot|can't|can not)\s+be\s+(?:answered|determined|found)\b",
        rf"\b(?:nicht|keine?)\b.{{0,60}}\b(?:in|aus)\b.{{0,30}}\b{_DOCUMENTS}\b",
        rf"\b{_DOCUMENTS}\b.{{0,60}}\b(?:nicht|keine?|nichts)\b",
        rf"\b(?:ne|n')\b.{{0,40}}\bpas\b.{{0,60}}\b{_DOCUMENTS}\b|\b{_DOCUMENTS}\b.{{0,30}}\bne\b.{{0,40}}\bpas\b",
        rf"\b(?:no|non|não)\b.{{0,60}}\b(?:en|nei|nos|nas|nelle)\b.{{0,20}}\b{_DOCUMENTS}\b",
        rf"\b{_DOCUMENTS}\b.{{0,20}}\b(?:no|non|não)\b.{{0,40}}",
        r"(?:文档|文件|资料|段落|上下文).{0,12}(?:没有|未|不)|(?:没有|未).{0,20}(?:文档|文件|资料|段落)",
        r"(?:文書|資料|文脈).{0,12}(?:ありません|ない|いません)|문서.{0,20}(?:없|않)",
        r"(?:لا|لم|ليس).{0,40}(?:المستندات|الوثائق|المقاطع|النص|السياق)",
    )
)
#: A longer sentence says something beside.
MAX_CHARACTERS = 300


def is_denial(sentence: str) -> bool:
    """By what is usual in the languages that models answer in; others are taken for a claim."""
    return len(sentence) <= MAX_CHARACTERS and any(pattern.search(sentence) for pattern in _PATTERNS)
