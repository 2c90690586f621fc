"""The words of PostgreSQL's log in the languages that its ``lc_messages`` may be, as its own catalogs have them.

de, en, es, fr, it, ja, ka, ko, ru, sv, uk, zh_CN. What auto_explain says is never translated.
"""

from __future__ import annotations

import re

LOG = ("LOG", "LOGG", "СООБЩЕНИЕ", "ЗАПИСУВАННЯ", "ჟურნალი", "로그", "日志")
_OTHERS = """
    DETAIL STATEMENT ERROR HINT CONTEXT FATAL WARNING NOTICE INFO PANIC QUERY LOCATION DEBUG
    ANWEISUNG FEHLER TIPP ZUSAMMENHANG WARNUNG HINWEIS PANIK DETALLE SENTENCIA CONTEXTO DÉTAIL INSTRUCTION ERREUR ASTUCE
    CONTEXTE ATTENTION DETTAGLI ISTRUZIONE ERRORE SUGGERIMENTO CONTESTO FATALE ATTENZIONE NOTIFICA PANICO
    DETALJ SATS FEL TIPS KONTEXT FATALT VARNING NOTIS
    ПОДРОБНОСТИ ОПЕРАТОР ОШИБКА ПОДСКАЗКА КОНТЕКСТ ВАЖНО ПРЕДУПРЕЖДЕНИЕ ЗАМЕЧАНИЕ ПАНИКА ОТЛАДКА ИНФОРМАЦИЯ
    ВІДОМОСТІ ІНСТРУКЦІЯ ПОМИЛКА УКАЗІВКА ФАТАЛЬНО ПОПЕРЕДЖЕННЯ ПОВІДОМЛЕННЯ ПАНІКА НАЛАГОДЖЕННЯ ІНФОРМАЦІЯ
    დეტალები ოპერატორი შეცდომა მინიშნება კონტექსტი ფატალური გაფრთხილება პანიკა გამართვა ინფორმაცია
    상세정보 오류 힌트 내용 치명적오류 경고 알림 손상 디버그 정보
    详细信息 语句 错误 提示 上下文 致命错误 警告 注意 调试 详细 詳細 文 ヒント 文脈
    """
OTHERS = (*_OTHERS.split(), "명령 구문")

_SAID = (
    "statement",
    "Anweisung",
    "sentencia",
    "instruction",
    "istruzione",
    "sats",
    "оператор",
    "ოპერატორი",
    "გამოსახულება",
    "명령 구문",
    "语句",
    "文",
)
_EXECUTED = (
    "execute",
    "Ausführen",
    "ejecutar",
    "exécute",
    "esecuzione di",
    "kör",
    "выполнение",
    "виконувати",
    "გაშვება",
    "쿼리실행",
    "実行",
    "取り出し実行",
    "выборка из",
)


def _any(words: tuple[str, ...]) -> str:
    return "|".join(map(re.escape, words))


_EXECUTES = rf"{_any(_EXECUTED)}|执行(?!时间)"  # which "takes" begins with


LEVELS = rf"(?P<log>{_any(LOG)})|(?:{_any(OTHERS)})"
STATEMENT = re.compile(
    r"(?:\S+(?: :|:)? (?P<ms>[\d.]+) (?:ms|мс|მწმs?|ミリ秒),?\s+)?"
    rf"(?:(?:{_any(_SAID)}) ?: |(?:{_EXECUTES})[^:]*: )(?P<text>.*)",
    re.DOTALL,
)
