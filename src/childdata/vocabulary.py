"""The words that a reader sees, in English and in Russian: one entry per heading, label, mark, note and remark.

A key names its room and its word; an entry is the pair (English, Russian), with blanks in braces. The notes under
`told.` are made in English by the rooms and found again by `words.told`.
"""

from __future__ import annotations

from collections.abc import Mapping

# What results, not users, put into their rows as labels: all records of a variable, and records without a label.
TOTAL, MISSING = "Total", "(missing)"

WORDS: Mapping[str, tuple[str, str]] = {
    # Headings of the columns of results; the last part is the column's name.
    "column.statistic": ("Statistic", "Показатель"),
    "column.item": ("Item", "Категория"),
    "column.estimate": ("Estimate", "Оценка"),
    "column.se": ("Standard error", "Стандартная ошибка"),
    "column.ci_low": ("Lower limit ({level})", "Нижняя граница ({level})"),
    "column.ci_high": ("Upper limit ({level})", "Верхняя граница ({level})"),
    "column.cv": ("Coefficient of variation", "Коэффициент вариации"),
    "column.deff": ("Design effect (deff)", "Эффект дизайна (deff)"),
    "column.deft": ("Root of design effect (deft)", "Корень из эффекта дизайна (deft)"),
    "column.df": ("Degrees of freedom", "Число степеней свободы"),
    "column.n": ("Unweighted count", "Невзвешенное число наблюдений"),
    "column.n_weighted": ("Weighted count", "Взвешенное число наблюдений"),
    "column.psus": ("Primary sampling units", "Первичные единицы отбора"),
    "column.missing": ("Unknown", "Нет ответа"),
    "column.missing_share": ("Share unknown", "Доля без ответа"),
    "column.flag": ("Remark", "Примечание"),
    "column.scale": ("Scale", "Шкала"),
    "column.state": ("State of the value", "Статус значения"),
    "column.shown": ("As shown", "В таблице"),
    "column.value": ("Value (r)", "Значение (r)"),
    "column.lower_2se": ("Lower bound (r {minus} 2se)", "Нижняя граница (r {minus} 2se)"),
    "column.upper_2se": ("Upper bound (r + 2se)", "Верхняя граница (r + 2se)"),
    # Labels that results, not users, put into their rows.
    "label.total": ("Total", "Всего"),
    "label.missing": ("No data", "Нет данных"),
    # Marks of what is not shown, and what a reader is told about them.
    "mark.suppressed": ("(*)", "(*)"),
    "mark.few": ("<{count}", "<{count}"),
    "mark.empty": ("–", "–"),
    "mark.unavailable": ("…", "…"),
    "state.shown": ("shown", "показано"),
    "state.flagged": ("few records", "мало наблюдений"),
    "state.suppressed": ("not shown", "не показано"),
    "state.few": ("too few to be counted", "слишком мало для подсчёта"),
    "state.empty": ("no records", "нет наблюдений"),
    "note.suppressed": (
        "(*) Not shown: fewer than {minimum} unweighted records, a share of exactly 0% or 100% in a small "
        "group, or a value from which a hidden one could be worked out.",
        "(*) Не показано: менее {minimum} невзвешенных наблюдений, доля ровно 0 % или 100 % в малой "
        "группе либо значение, по которому можно вычислить скрытое.",
    ),
    "note.unreliable": (
        "(*) Not shown: too few records for a reliable value (fewer than {minimum} in effect, or an "
        "interval too wide), or a value from which a hidden one could be worked out.",
        "(*) Не показано: слишком мало наблюдений для надёжной оценки (эффективный объём менее {minimum} "
        "или слишком широкий интервал) либо значение, по которому можно вычислить скрытое.",
    ),
    "note.flagged": (
        "( ) Rests on {minimum}–{most} unweighted records: use with care.",
        "( ) Основано на {minimum}–{most} невзвешенных наблюдениях: использовать с осторожностью.",
    ),
    "note.review": (
        "( ) Fewer than {df} degrees of freedom, or a share of exactly 0% or 100%: use with care.",
        "( ) Менее {df} степеней свободы либо доля ровно 0 % или 100 %: использовать с осторожностью.",
    ),
    "note.few": (
        "<{count} Counts from 1 to {most} are not shown.",
        "<{count} Числа от 1 до {most} не показываются.",
    ),
    "note.empty": ("– No records.", "– Наблюдений нет."),
    "note.unavailable": ("… Not available.", "… Данных нет."),
    "note.interval": (
        "Limits: {level} confidence interval.",
        "Границы: доверительный интервал {level}.",
    ),
    "note.interval_2se": (
        "Bounds: the value plus and minus two standard errors.",
        "Границы: значение плюс и минус две стандартные ошибки.",
    ),
    "note.sampling_errors": (
        "Bounds are the value plus and minus two standard errors; for shares within 0 and 1. "
        "Shares are given as fractions of one.",
        "Границы: значение плюс и минус две стандартные ошибки; для долей в пределах от 0 до 1. "
        "Доли приведены в долях единицы.",
    ),
    "note.working": (
        "Working table: nothing is hidden. Not for publication.",
        "Рабочая таблица: ничего не скрыто. Не для публикации.",
    ),
    "table.sampling_errors": ("Sampling errors", "Ошибки выборки"),
    "table.estimates": ("Estimates", "Оценки"),
    "table.more_rows": ("… {count} more rows", "… ещё строк: {count}"),
    "table.confidence": ("{level} confidence interval", "Доверительный интервал {level}"),
    "table.sheet": ("Table", "Таблица"),
    "table.about": ("About", "О таблице"),
    "table.notes": ("Notes", "Примечания"),
    "table.provenance": ("How it was made", "Как получено"),
    "unit.points": ("pp", "п. п."),
    # Flags of rows, as they stand in working results, told to a reader.
    "flag.empty": ("no records", "нет наблюдений"),
    "flag.one_psu": ("one PSU", "одна первичная единица отбора"),
    "flag.no_df": ("no degrees of freedom", "нет степеней свободы"),
    # Notes of results, as they stand in working results, told to a reader.
    "told.zero_weights": (
        "weight {name} is zero in {count} records: they stay in the design and count in no estimate",
        "вес {name} равен нулю у {count} записей: они остаются в дизайне выборки и не входят в оценки",
    ),
    "told.where_unknown": (
        "where {rule} is unknown in {count} records: they are outside the domain",
        "условие {rule} неизвестно у {count} записей: они вне рассматриваемой группы",
    ),
    "told.empty_domain": (
        "no record of {place} is in the domain {rule}",
        "ни одна запись из {place} не входит в группу {rule}",
    ),
    "told.undefined": (
        "{rule} is unknown in {count} records by a division by zero, a logarithm of zero or an overflow",
        "{rule} неизвестно у {count} записей из-за деления на ноль, логарифма нуля или переполнения",
    ),
    "told.line_unknown": (
        "{name} is unknown in {count} records of the whole survey: they have no part in the line",
        "{name} неизвестно у {count} записей всего обследования: в расчёте черты они не участвуют",
    ),
    "told.missing_row": (
        "{name} is missing in {count} records: shown in a row of their own",
        "{name} отсутствует у {count} записей: они показаны отдельной строкой",
    ),
    "told.missing_total": (
        "{name} is missing in {count} records: in totals only",
        "{name} отсутствует у {count} записей: они входят только в итоги",
    ),
    "told.missing_drop": (
        "{name} is missing in {count} records: dropped",
        "{name} отсутствует у {count} записей: они исключены",
    ),
    "told.reused": (
        "{name} has {distinct} numbers for {units} PSUs: numbers are reused across strata and were made unique",
        "{name} содержит {distinct} номеров на {units} ПЕО: номера повторяются в стратах и сделаны уникальными",
    ),
    "told.no_weight": ("no weight was given: every record has weight 1", "вес не задан: вес каждой записи равен 1"),
    "told.weight_from_fpc": (
        "no weight was given: weights are the inverse of the sampling fractions",
        "вес не задан: веса обратны долям отбора",
    ),
    "told.interval_unused": (
        "interval {interval} is for shares, and no statistic of the call is one: the limits are by the standard error",
        "интервал {interval} предназначен для долей, которых среди показателей нет: границы – по стандартной ошибке",
    ),
    "told.empty_cells": (
        "combinations of {name} without a record, and so without a row: {count} of {possible}",
        "сочетания {name} без записей, а потому и без строк: {count} из {possible}",
    ),
    "told.lonely": (
        "strata with one PSU: {count}, treated by the rule {rule}",
        "страты с одной ПЕО: {count}, применено правило {rule}",
    ),
    "told.alone": (
        "{count} rows have {name} {first} or {second} but no partner",
        "{count} строк имеют {name} {first} или {second}, но не имеют пары",
    ),
    # Notes of reading, as they stand in the notes of data, told to a reader.
    "told.set_aside": (
        "Answers declared missing and set aside: {count}, in {variables} of the variables (missing_reasons).",
        "Ответы, объявленные пропущенными, отложены: {count}, переменных: {variables} (missing_reasons).",
    ),
    "told.wholly_empty": ("Wholly empty variables: {names}.", "Полностью пустые переменные: {names}."),
    "told.like_numbers": (
        "Text that reads like numbers: {names}; numbers={example} turns it into numbers.",
        "Текст, похожий на числа: {names}; numbers={example} превращает его в числа.",
    ),
    "told.numbers_failed": (
        "{name}: text was turned into numbers, a comma being the decimal sign; "
        "{count} of {rows} texts are no numbers and are missing.",
        "{name}: текст превращён в числа, запятая – десятичный знак; "
        "{count} из {rows} текстов не являются числами и считаются пропущенными.",
    ),
    "told.numbers": (
        "{name}: text was turned into numbers, a comma being the decimal sign.",
        "{name}: текст превращён в числа, запятая – десятичный знак.",
    ),
    "told.implied_decimals": (
        "{name}: implied decimals were applied (divided by {divisor}).",
        "{name}: учтены подразумеваемые десятичные знаки (деление на {divisor}).",
    ),
    "told.joined": (
        "Joined {left} with {right}: without a match are {left_alone} of {left_rows} rows of the first "
        "({left_missing} with a missing key) and {right_alone} of {right_rows} rows of the second "
        "({right_missing} with a missing key).",
        "{left} соединён с {right}: без пары {left_alone} из {left_rows} строк первого "
        "(без ключа: {left_missing}) и {right_alone} из {right_rows} строк второго (без ключа: {right_missing}).",
    ),
    "told.encoding_asked": (
        "Text was read in the code page {encoding}, as asked for.",
        "Текст прочитан в кодировке {encoding}, как указано.",
    ),
    "told.encoding_bad": (
        "Text is not all in the declared code page; it was read as {encoding}; encoding= chooses another.",
        "Не весь текст соответствует объявленной кодировке; он прочитан как {encoding}; encoding= выбирает другую.",
    ),
    "told.encoding_silent": (
        "The file does not say its code page; its text reads as {encoding}; encoding= chooses another.",
        "В файле не указана кодировка; текст читается как {encoding}; encoding= выбирает другую.",
    ),
    "told.encoding_silent_mended": (
        "The file does not say its code page, but its text reads as {encoding} and was read so; "
        "encoding= chooses another.",
        "В файле не указана кодировка, но текст читается как {encoding} и так прочитан; encoding= выбирает другую.",
    ),
    "told.encoding_untrue": (
        "The file says its code page is {declared}, but its text reads as {encoding} and was read so; "
        "encoding= chooses another.",
        "В файле указана кодировка {declared}, но текст читается как {encoding} и так прочитан; "
        "encoding= выбирает другую.",
    ),
    "told.encoding_answers": (
        "Answers in {source} that are text read as {encoding} and were read so; encoding= chooses another.",
        "Текстовые ответы в {source} читаются как {encoding} и так прочитаны; encoding= выбирает другую.",
    ),
    "told.encoding_damaged": (
        "Labels read like {encoding} text that was stored wrongly by another program.",
        "Метки похожи на текст в {encoding}, неверно записанный другой программой.",
    ),
    "told.letters_lost": (
        "In labels, letters beyond ASCII are lost: the reader replaced them, or they were damaged before.",
        "В метках утрачены буквы вне ASCII: их заменила программа чтения, или они были повреждены раньше.",
    ),
    "told.one_name": (
        "The file has two variables of one name: {said}.",
        "В файле две переменные с одним именем: {said}.",
    ),
    "told.sets_dropped": (
        "Multiple-response sets {names} were dropped by the reader; they were taken from the file's dictionary.",
        "Наборы множественных ответов {names} опущены программой чтения; они взяты из словаря файла.",
    ),
    "told.was_weighted": (
        "The file was weighted by {name} when SPSS saved it; no weight is applied here.",
        "При сохранении в SPSS файл был взвешен по {name}; здесь вес не применён.",
    ),
    "told.tags_stay": (
        "{name}: tagged missing values have no code; they stay missing, with their reason.",
        "{name}: у помеченных пропусков нет кода; они остаются пропусками со своей причиной.",
    ),
    "told.dates_lost": (
        "{name}: dates beyond the years that can be held were set to missing: {count}.",
        "{name}: даты вне представимых лет считаются пропущенными: {count}.",
    ),
    "told.undefined_rows": (
        "{name}: unknown in {count} rows although its variables are known (division by 0, logarithm, overflow).",
        "{name}: неизвестно в {count} строках, хотя переменные известны (деление на 0, логарифм, переполнение).",
    ),
    "told.aggregated": (
        "{count} rows of {source} were aggregated to {rows} by {names}.",
        "{count} строк из {source} сведены к {rows} по {names}.",
    ),
    "told.delimited": (
        "{source}: delimiter {delimiter}, decimal sign {sign}, code page {encoding}.",
        "{source}: разделитель {delimiter}, десятичный знак {sign}, кодировка {encoding}.",
    ),
    "told.no_utf8": (
        "The text of {source} is no UTF-8; it reads as {encoding}; encoding= chooses another.",
        "Текст {source} не в UTF-8; он читается как {encoding}; encoding= выбирает другую.",
    ),
    "told.headers_renamed": (
        "Headings that are empty or stand twice got names of their own: {names}.",
        "Пустым и повторяющимся заголовкам даны собственные имена: {names}.",
    ),
    # Headings of a codebook.
    "codebook.title": (
        "Codebook of {source}: {variables} variables, {records} records",
        "Словарь файла {source}: переменных {variables}, записей {records}",
    ),
    "codebook.name": ("Variable", "Переменная"),
    "codebook.label": ("Label", "Название"),
    "codebook.kind": ("Kind", "Тип"),
    "codebook.unit": ("Unit", "Единица измерения"),
    "codebook.n_valid": ("Answers", "Ответов"),
    "codebook.n_missing": ("Without answer", "Без ответа"),
    "codebook.missing": ("Reasons", "Причины отсутствия"),
    "codebook.unique": ("Different answers", "Разных ответов"),
    "codebook.p1": ("1st percentile", "1-й процентиль"),
    "codebook.median": ("Median", "Медиана"),
    "codebook.p99": ("99th percentile", "99-й процентиль"),
    "codebook.values": ("Codes", "Коды"),
    "codebook.undeclared": ("Codes that read like no answer", "Коды, похожие на отсутствие ответа"),
    # Cells of a codebook.
    "codebook.hidden": ("hidden", "скрыто"),
    "codebook.at_least": ("at least {count}", "не менее {count}"),
    "codebook.no_reason": ("no answer, without a reason", "нет ответа, причина не указана"),
    "codebook.empty_text": ("empty text", "пустой текст"),
    "codebook.number": ("number", "число"),
    "codebook.text": ("text", "текст"),
    "codebook.date": ("date", "дата"),
    "codebook.datetime": ("datetime", "дата и время"),
    "codebook.time": ("time", "время"),
    # The demonstration.
    "demo.title": ("Children under five: stunting and services", "Дети до пяти лет: рост и доступ к услугам"),
    "demo.picture": (
        "Children under five who are stunted, moderately or severely",
        "Дети до пяти лет с умеренной или тяжёлой задержкой роста",
    ),
    "demo.subtitle": (
        "Invented survey in the layout of MICS6, made from seed {seed}",
        "Вымышленное обследование в формате MICS6, начальное число {seed}",
    ),
    "demo.stunted": ("Stunted", "Задержка роста"),
    "demo.certificate": ("Has a birth certificate", "Есть свидетельство о рождении"),
    "demo.alone": ("Left alone or with a child under ten", "Оставались одни или с ребёнком до десяти лет"),
    # Where a result comes from; the last part is the name under which it is recorded.
    "provenance.version": ("childdata version", "Версия childdata"),
    "provenance.data": ("Data", "Данные"),
    "provenance.source": ("Source", "Источник"),
    "provenance.fingerprint": ("Fingerprint of the data", "Контрольная сумма данных"),
    "provenance.weight": ("Weight", "Вес"),
    "provenance.strata": ("Strata", "Страты"),
    "provenance.psu": ("Primary sampling unit", "Первичная единица отбора"),
    "provenance.fpc": ("Finite population correction", "Поправка на конечность совокупности"),
    "provenance.lonely_psu": ("Strata with one PSU", "Страты с одной ПЕО"),
    "provenance.convention": ("Convention", "Соглашение"),
    "provenance.level": ("Confidence level", "Доверительная вероятность"),
    "provenance.interval": ("Interval", "Интервал"),
    "provenance.where": ("Records", "Отбор наблюдений"),
    "provenance.by": ("By", "Группировка"),
    "provenance.each": ("By each of", "По каждому из"),
    "provenance.margins": ("Totals", "Итоги"),
    "provenance.missing": ("Unknown answers", "Отсутствующие ответы"),
    "provenance.missing_by": ("Unknown labels", "Отсутствующие признаки группировки"),
    "provenance.df": ("Degrees of freedom", "Число степеней свободы"),
    "provenance.design_effect": ("Design effect", "Эффект дизайна"),
    "provenance.lonely_domains": ("Strata with one PSU in a domain", "Страты с одной ПЕО в группе"),
    "provenance.lonely_strata": ("Number of strata with one PSU", "Число страт с одной ПЕО"),
    "provenance.quantile_rule": ("Quantile rule", "Правило квантилей"),
    "provenance.disclosure": ("What is hidden", "Правило сокрытия"),
    "provenance.seed": ("Seed", "Начальное число"),
    "provenance.method_file": ("Method file", "Файл методики"),
    "provenance.date": ("Date", "Дата"),
    # Pictures.
    "plot.share": ("Per cent", "Проценты"),
    "plot.points": ("Percentage points", "Процентные пункты"),
    "plot.estimate": ("Estimate", "Оценка"),
    "plot.interval": (
        "Dots: estimates. Lines: {level} confidence intervals.",
        "Точки: оценки. Линии: доверительные интервалы {level}.",
    ),
    "plot.interval_2se": (
        "Dots: estimates. Lines: plus and minus two standard errors.",
        "Точки: оценки. Линии: плюс и минус две стандартные ошибки.",
    ),
    "plot.beside": (
        "At the right: values, with unweighted counts in brackets.",
        "Справа: значения, в скобках – невзвешенное число наблюдений.",
    ),
    "plot.flagged": (
        "Hollow dots: {minimum}–{most} unweighted records.",
        "Пустые точки: {minimum}–{most} невзвешенных наблюдений.",
    ),
    "plot.review": ("Hollow dots: use with care.", "Пустые точки: использовать с осторожностью."),
    "plot.suppressed": ("(*) not shown: too few records", "(*) не показано: мало наблюдений"),
    "plot.count": ("n = {count}", "n = {count}"),
    "plot.few": ("n < {count}", "n < {count}"),
}

# Remarks as working results hold them -> their key.
FLAGS: Mapping[str, str] = {"empty": "flag.empty", "one PSU": "flag.one_psu", "no df": "flag.no_df"}
