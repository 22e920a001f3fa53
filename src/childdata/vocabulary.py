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
    "column.survey": ("Survey", "Обследование"),
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
    "told.bottom_coded": (
        "{name}: {count} records below the bottom code were raised to it",
        "{name}: значения ниже минимума подняты до него у {count} записей",
    ),
    "told.negative_to_zero": (
        "{name}: {count} negative values count as zero",
        "{name}: отрицательные значения у {count} записей учтены как ноль",
    ),
    "told.nonpositive_left_out": (
        "{name}: {count} records were left out for their zero or negative values",
        "{name}: исключено записей с нулевыми или отрицательными значениями: {count}",
    ),
    "told.negative_kept": (
        "{name}: {count} records have negative values, which are taken as they are",
        "{name}: отрицательные значения у {count} записей учтены без изменений",
    ),
    "told.smaller_share": (
        "{name} divides by the smaller of two shares; where the two are nearly equal, its standard error is unreliable",
        "{name}: делитель — меньшая из двух долей; если доли почти равны, стандартная ошибка ненадёжна",
    ),
    "told.replicates_unknown": (
        "in {count} pairs of row and replicate the replicate gives no value; it adds nothing to the variance of "
        "that row",
        "в {count} парах «строка – повторная выборка» значения нет; в дисперсию строки они не входят",
    ),
    "told.jackknife_quantile": (
        "quantiles were found again in each replicate, as interval='replicates' asks for: under the jackknife ({kind}) "
        "that is no consistent estimate of their variance; leave interval= out, or take BRR, Fay or a bootstrap",
        "квантили найдены заново в каждой повторной выборке, как задано interval='replicates': складной нож ({kind}) "
        "не даёт состоятельной оценки их дисперсии; не задавайте interval= или используйте BRR, Fay или бутстреп",
    ),
    "told.quantile_again": (
        "quantiles were found again in each {kind} replicate",
        "квантили найдены заново в каждой повторной выборке ({kind})",
    ),
    "told.quantile_woodruff": (
        "quantiles have Woodruff's interval, by the variance of the distribution function under the {kind} replicates",
        "квантили даны с интервалом Вудраффа по дисперсии функции распределения в повторных выборках ({kind})",
    ),
    "told.cut_linear": (
        "what is cut at an estimated line or quantile is linear in it under the {kind} replicates, not found again",
        "всё, что отсекается оценённой чертой или квантилем, линеаризовано по ним в повторных выборках ({kind}), а не "
        "пересчитано",
    ),
    "told.no_slope": (
        "{count} rows have a value and no standard error: the statistic has no derivative there (a spread of zero, or "
        "a density where all values are one)",
        "без стандартной ошибки, но со значением строк: {count}; производной показателя там нет (нулевой разброс или "
        "плотность там, где все значения одинаковы)",
    ),
    "told.no_limit": (
        "{count} rows have a quantile whose confidence limit lies beyond the data: they have no standard error",
        "строк с квантилем, доверительная граница которого лежит за пределами данных: {count}; стандартной ошибки у "
        "них нет",
    ),
    "told.imputations": (
        "combined from {count} completed data sets by Rubin's rules",
        "объединено по {count} заполненным наборам данных по правилам Рубина",
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
    "told.normalised_totals": (
        "weights sum to the number of records ({count}): totals are on that scale, and not those of the population",
        "сумма весов равна числу записей ({count}): итоги даны в этом масштабе, а не по генеральной совокупности",
    ),
    "told.normalised_deff": (
        "weights sum to the number of records ({count}): design effects without replacement have no meaning",
        "сумма весов равна числу записей ({count}): эффекты дизайна для отбора без возвращения не имеют смысла",
    ),
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
    "told.unequal": (
        "stage {stage} was drawn with unequal probabilities without replacement: {how}",
        "ступень {stage} отобрана с неравными вероятностями без возвращения: {how}",
    ),
    "told.certainty_apart": (
        "units taken with certainty, each a stratum of its own that adds nothing at its stage: {count}",
        "единицы, взятые с вероятностью 1; каждая – отдельная страта, на своей ступени без дисперсии: {count}",
    ),
    "told.two_phase": (
        "two phases: {second} of {first} records are in the second; variance by the method {method}",
        "две фазы: из {first} записей во вторую вошли {second}; дисперсия по методу {method}",
    ),
    "told.negative_variance": (
        "the design's estimate of the variance is negative in {count} rows: their standard errors are unknown",
        "оценка дисперсии по дизайну отрицательна в {count} строках: их стандартные ошибки неизвестны",
    ),
    "told.regression_missing": (
        "left out of the regression as unknown: {count} of {records} records ({counts})",
        "не вошли в регрессию из-за неизвестных ответов: {count} из {records} записей ({counts})",
    ),
    "told.collinear_dropped": (
        "columns that follow from those before them were left out of the regression: {count} ({names})",
        "столбцы, следующие из предыдущих, исключены из регрессии: {count} ({names})",
    ),
    "told.no_residual_df": (
        "the design leaves no degrees of freedom to a regression of {count} coefficients: no limits and no p",
        "дизайн не оставляет степеней свободы для регрессии, коэффициентов: {count}; границ и p нет",
    ),
    "told.replicates_lost": (
        "replicates under which the regression has no finite coefficients, and which add nothing: {count} of "
        "{replicates}",
        "повторные выборки, в которых коэффициенты регрессии не конечны и которые не учтены: {count} из {replicates}",
    ),
    "told.alone": (
        "{count} rows have {name} {first} or {second} but no partner",
        "{count} строк имеют {name} {first} или {second}, но не имеют пары",
    ),
    "told.matched_psus": (
        "{count} primary sampling units are in both {first} and {second}, of {of_first} and {of_second}",
        "первичных единиц отбора, общих для {first} и {second}: {count} (всего {of_first} и {of_second})",
    ),
    "told.matched_households": (
        "{count} units of the second stage are in both {first} and {second}, of {of_first} and {of_second}",
        "единиц второй ступени отбора, общих для {first} и {second}: {count} (всего {of_first} и {of_second})",
    ),
    "told.strata_named_apart": (
        "strata are named by other variables in each survey ({names}): units are matched by the labels of strata",
        "страты в обследованиях заданы разными переменными ({names}): единицы сопоставлены по меткам страт",
    ),
    "told.pairs_absent": (
        "{count} pairs of {name} lack a row on one side",
        "пар ({name}), в которых нет строки с одной из сторон: {count}",
    ),
    "told.totals_no_pair": (
        "{count} rows of totals or of missing labels are in no pair",
        "строк итогов или без признака, не входящих в пары: {count}",
    ),
    "told.standardised": (
        "standardised to the shares of {groups} groups of {names}",
        "стандартизовано по долям {groups} групп: {names}",
    ),
    "told.standard_missing": (
        "{name} is missing in {count} records: they have no part in what is standardised",
        "{name} отсутствует у {count} записей: в стандартизации они не участвуют",
    ),
    "told.standard_rows": (
        "{count} rows without a record in some group of {names} are left out",
        "строк, в которых нет записей какой-либо группы ({names}), исключено: {count}",
    ),
    "told.replicate_blanks": (
        "replicate weights are blank in {count} places of {columns} columns, and count as zero there",
        "веса повторных выборок не заполнены в {count} местах ({columns} столбцов) и считаются там нулевыми",
    ),
    "told.replicates_beyond": (
        "{count} records have replicate weights but a weight of zero: they count in no estimate, under no replicate",
        "у {count} записей есть веса повторных выборок, но вес равен нулю: они не входят ни в одну оценку",
    ),
    "told.first_stage_only": (
        "replicates are made of the PSUs of the first stage: the fpc of later stages adds nothing",
        "повторные выборки составлены из ПЕО первой ступени: поправки на конечность следующих ступеней не учтены",
    ),
    "told.taken_whole": (
        "strata taken whole: {count}, with factor 1 in every replicate",
        "страты, отобранные полностью: {count}, их множитель равен 1 в каждой повторной выборке",
    ),
    "told.fpc_dropped": (
        "half-samples have no finite population correction: that of {count} strata is dropped",
        "полувыборки не имеют поправки на конечность совокупности: поправка отброшена, страт: {count}",
    ),
    "told.strata_split": (
        "strata of more than two PSUs: {count}, split into pairs in the order of the PSU numbers",
        "страты более чем с двумя ПЕО: {count}, разбиты на пары в порядке номеров ПЕО",
    ),
    "told.strata_halved": (
        "strata of more than two PSUs: {count}, merged into two halves in the order of the PSU numbers",
        "страты более чем с двумя ПЕО: {count}, сведены к двум половинам в порядке номеров ПЕО",
    ),
    "told.strata_joined": (
        "strata of one PSU: {count}, joined in pairs, each with the next",
        "страты с одной ПЕО: {count}, объединены в пары, каждая со следующей",
    ),
    "told.table_unknown": (
        "{row} or {column} is unknown in {count} records of the domain: they are in no cell of the table",
        "{row} или {column} неизвестно у {count} записей группы: они не входят ни в одну ячейку таблицы",
    ),
    "told.categories_without": (
        "categories of {name} without a record in the domain, left out of the test: {count}",
        "категории {name} без записей в группе, не вошедшие в критерий: {count}",
    ),
    "told.cells_zero": (
        "cells of the table without a record, kept as zeros: {count} of {possible}",
        "ячейки таблицы без записей, оставленные нулями: {count} из {possible}",
    ),
    "told.rows_without": (
        "categories of {name} without a record, and so without shares of their own: {count}",
        "категории {name} без записей, а потому без собственных долей: {count}",
    ),
    "told.shares_divided": (
        "the given shares sum to {total} and were divided by it",
        "заданные доли в сумме дают {total} и разделены на это число",
    ),
    "told.left_out": (
        "{name} is unknown in {count} records of the domain: they are left out",
        "{name} неизвестно у {count} записей группы: они не учитываются",
    ),
    "told.groups_left_out": (
        "{name} has other values than those compared in {count} records: they are left out",
        "{name} имеет другие значения, чем сравниваемые, у {count} записей: они не учитываются",
    ),
    # Notes of weighting.
    "told.poststratified": (
        "weights were post-stratified to {count} totals of {names}: new to old from {low} to {high}",
        "веса постстратифицированы по {count} итогам {names}: отношение новых к прежним от {low} до {high}",
    ),
    "told.raked": (
        "weights were raked to the margins {names}: {iterations} iterations, largest relative miss {miss}, "
        "new to old from {low} to {high}",
        "веса согласованы (рейкинг) с маргиналами {names}: итераций {iterations}, наибольшее относительное "
        "расхождение {miss}, отношение новых к прежним от {low} до {high}",
    ),
    "told.margins_scaled": (
        "margins were scaled to the sum of {name}",
        "маргиналы приведены к сумме {name}",
    ),
    "told.calibrated": (
        "weights were calibrated ({method}) to totals of {names}: {iterations} iterations, "
        "largest relative miss {miss}, new to old from {low} to {high}",
        "веса калиброваны ({method}) по итогам {names}: итераций {iterations}, "
        "наибольшее относительное расхождение {miss}, отношение новых к прежним от {low} до {high}",
    ),
    "told.ratios_trimmed": (
        "ratios of new to old weight were trimmed to {low}-{high} in {count} records: "
        "totals are met up to a relative miss of {miss}",
        "отношения новых весов к прежним усечены до {low}-{high} у {count} записей: "
        "итоги соблюдены с относительным расхождением до {miss}",
    ),
    "told.nonresponse": (
        "weights of {nonrespondents} nonrespondents were given to {respondents} respondents: "
        "new to old from {low} to {high}",
        "веса неответивших ({nonrespondents}) переданы ответившим ({respondents}): "
        "отношение новых к прежним от {low} до {high}",
    ),
    "told.trimmed": (
        "weights trimmed: {count}, with {part} of the sum of weights cut; they now lie between {low} and {high}",
        "усечено весов: {count}, срезано {part} суммы весов; теперь веса от {low} до {high}",
    ),
    "told.replicates_adjusted": (
        "the adjustment was repeated in each of {count} replicates",
        "корректировка повторена в каждой из {count} реплик",
    ),
    "told.replicates_without": (
        "replicates in which a category has no record: {count}; its total is not met there",
        "реплик, в которых у категории нет записей: {count}; её итог в них не соблюдён",
    ),
    "told.annual": (
        "annual weights from {quarters} quarters, whose weights sum to between {low} and {high}",
        "годовые веса по кварталам ({quarters}), сумма весов в квартале от {low} до {high}",
    ),
    "told.visits": (
        "households by the number of quarters in which they are seen: {visits}",
        "домохозяйства по числу кварталов, в которых они обследованы: {visits}",
    ),
    "told.no_household": (
        "no household key was given: records of one household in several quarters count as independent, "
        "unless the PSU keeps them together",
        "ключ домохозяйства не задан: записи одного домохозяйства за разные кварталы считаются независимыми, "
        "если их не объединяет ПЕО",
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
    # Notes of a design that was read from the file of another program.
    "told.plan_unknown": (
        "{source} holds {what}, which is not known here and was not read",
        "{source} содержит {what}: здесь это неизвестно и не прочитано",
    ),
    "told.plan_srs_wor": (
        "design effects of {source} are against simple random samples without replacement, as convention='spss' has it",
        "эффекты дизайна в {source} – относительно простых случайных выборок без возвращения, как при "
        "convention='spss'",
    ),
    "told.plan_srs_wr": (
        "design effects of {source} are against simple random samples with replacement",
        "эффекты дизайна в {source} – относительно простых случайных выборок с возвращением",
    ),
    "told.plan_later": (
        "{source} estimates stage {stage} with replacement: the stages below it have no part in the variance",
        "{source} оценивает ступень {stage} как отбор с возвращением: ступени ниже в дисперсии не участвуют",
    ),
    "told.plan_lonely": (
        "to SPSS a stratum of one PSU in {source} adds nothing; here lonely_psu or the convention decides",
        "для SPSS страта с одной ПЕО в {source} ничего не добавляет; здесь решает lonely_psu или соглашение",
    ),
    "told.plan_weight_only": (
        "{source} names a weight only and says nothing of strata and sampling units",
        "{source} называет только вес и ничего не говорит о стратах и единицах отбора",
    ),
    "told.plan_unequal": (
        "{source} draws a stage with unequal probabilities without replacement: it counts as drawn with replacement",
        "{source}: ступень с неравными вероятностями без возвращения учтена как отбор с возвращением",
    ),
    "told.plan_old": (
        "the settings of {source} are those of Stata 8 or before",
        "настройки в {source} – из Stata 8 или более ранней",
    ),
    "told.plan_weight_kind": (
        "the weight of {source} is of the kind {kind}; it is used as a sampling weight",
        "вес в {source} имеет вид {kind}; он использован как вес выборки",
    ),
    "told.plan_stage_weights": (
        "the weight is the product of the weights of the stages of {source}: {weight}",
        "вес – произведение весов ступеней из {source}: {weight}",
    ),
    "told.plan_unused": (
        "{source} holds replicate weights for {kind}, but asks for vce({vce}): they are not used",
        "{source} содержит реплицированные веса ({kind}), но требует vce({vce}): они не использованы",
    ),
    "told.plan_poststrata": (
        "{source} post-stratifies by {strata} to the sizes in {sizes}: not done here, cd.poststratify does it",
        "{source} требует постстратификации по {strata} к численностям {sizes}: здесь не сделано, см. cd.poststratify",
    ),
    "told.plan_calibration": (
        "{source} calibrates ({method}: {model}): not done here, cd.rake and cd.calibrate do it",
        "{source} требует калибровки ({method}: {model}): здесь не сделано, см. cd.rake и cd.calibrate",
    ),
    "told.plan_df": (
        "{source} gives {df} design degrees of freedom: for its intervals give them to estimate() as df=",
        "{source} задаёт {df} степеней свободы: для таких интервалов передайте их в estimate() как df=",
    ),
    "told.plan_make": (
        "{source} makes {method} replicates from strata and units: not done here, survey.with_replicates does it",
        "{source} строит реплики ({method}) из страт и единиц: здесь не сделано, см. survey.with_replicates",
    ),
    "told.plan_jackknife": (
        "Stata centres the jackknife of {source} on the mean of each stratum; here it is the mean of all replicates",
        "Stata центрирует складной нож в {source} на среднем страты; здесь – на среднем всех реплик",
    ),
    # Notes and labels of models of areas.
    "label.direct": ("Direct", "Прямая оценка"),
    "label.model": ("Model", "Модель"),
    "told.area_mse": (
        "standard errors of model estimates are roots of mean squared errors",
        "стандартные ошибки оценок по модели – корни из средних квадратов ошибок",
    ),
    "told.area_totals": (
        "rows that are no areas but totals, or records without one, were left out: {count}",
        "исключены строки итогов и записей без территории: {count}",
    ),
    "told.area_synthetic": (
        "areas without a direct estimate that can be used: {count}; theirs are of the regression alone",
        "территорий без пригодной прямой оценки: {count}; их оценки – только по регрессии",
    ),
    "told.area_no_error": (
        "areas whose direct estimate has no standard error above 0, so that it is not used: {count}",
        "территорий, у прямой оценки которых нет стандартной ошибки больше 0 и она не использована: {count}",
    ),
    "told.area_correlated": (
        "pairs of areas whose direct estimates correlate by more than {bound}: {count}, at most {most}; the "
        "model takes "
        "all as independent",
        "пар территорий с корреляцией прямых оценок более {bound}: {count}, наибольшая {most}; модель считает "
        "все независимыми",
    ),
    "told.area_zero": (
        "the variance of the effects of areas is estimated as 0: the estimates are those of the regression",
        "дисперсия эффектов территорий оценена как 0: оценки совпадают с регрессией",
    ),
    "told.area_outside": (
        "model estimates of shares outside 0 to 1: {count}; the model is linear",
        "оценок долей по модели вне пределов от 0 до 1: {count}; модель линейна",
    ),
    "told.area_negative": (
        "mean squared errors that came out negative and are unknown: {count}",
        "средних квадратов ошибок, оказавшихся отрицательными и потому неизвестных: {count}",
    ),
    "told.area_smoothed": (
        "sampling variances are smoothed: their logarithm on log n over {count} areas, slope {slope}",
        "дисперсии выборки сглажены: их логарифм по log n для {count} территорий, наклон {slope}",
    ),
    # A regression on one page.
    "regression.title": ("Regression under the sampling design", "Регрессия с учётом дизайна выборки"),
    "regression.response": ("Response", "Зависимая переменная"),
    "regression.family": ("Family", "Семейство"),
    "regression.link": ("Link", "Функция связи"),
    "regression.records": ("Records", "Наблюдений"),
    "regression.left_out": ("Left out as unknown", "Исключено: нет ответа"),
    "regression.psus": ("PSUs", "ПЕО"),
    "regression.weighted": ("Weighted count", "Взвешенное число"),
    "regression.df": ("Residual df", "Степеней свободы"),
    "regression.dispersion": ("Dispersion", "Дисперсия остатков"),
    "regression.r_squared": ("R²", "Коэффициент R²"),
    "regression.pseudo_r_squared": ("R² (Nagelkerke)", "R² Нагелькерке"),
    "regression.f": ("F of all terms", "F всех членов"),
    "regression.f_p": ("p of F", "p для F"),
    "regression.convention": ("Convention", "Соглашение"),
    "regression.coefficient": ("coef", "коэф."),
    "regression.se": ("se", "ст. ош."),
    "column.variable": ("Variable", "Переменная"),
    "column.change": ("Change", "Изменение"),
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
    # Tables of two variables.
    "crosstab.cell": (
        "{row} by {column}: shares of the whole table",
        "{row} и {column}: доли от всей таблицы",
    ),
    "crosstab.row": ("{row} by {column}: shares within each row", "{row} и {column}: доли по строке"),
    "crosstab.column": ("{row} by {column}: shares within each column", "{row} и {column}: доли по столбцу"),
    "crosstab.total": (
        "{row} by {column}: estimated numbers in the population",
        "{row} и {column}: оценки численности в населении",
    ),
    # Tests of hypotheses: what stands beside a number, and each method in words.
    "test.fact": ("Test", "Критерий"),
    "test.result": ("Result", "Результат"),
    "test.method": ("Method", "Метод"),
    "test.statistic": ("Statistic", "Статистика"),
    "test.p": ("p", "p-значение"),
    "test.uncorrected": ("Chi-square before correction", "Хи-квадрат до поправки"),
    "test.n": ("Unweighted count", "Невзвешенное число наблюдений"),
    "test.design_effect": ("Mean design effect", "Средний эффект дизайна"),
    "test.cramers_v": ("Cramér's V", "V Крамера"),
    "test.difference": ("Estimate", "Оценка"),
    "test.se": ("Standard error", "Стандартная ошибка"),
    "test.ci_low": ("Lower limit", "Нижняя граница"),
    "test.ci_high": ("Upper limit", "Верхняя граница"),
    "method.F": (
        "Pearson's chi-square, Rao and Scott's second-order correction",
        "Хи-квадрат Пирсона с поправкой второго порядка Рао и Скотта",
    ),
    "method.lr": (
        "Likelihood ratio chi-square, Rao and Scott's second-order correction",
        "Хи-квадрат отношения правдоподобия с поправкой второго порядка Рао и Скотта",
    ),
    "method.Chisq": (
        "Pearson's chi-square, Rao and Scott's first-order correction",
        "Хи-квадрат Пирсона с поправкой первого порядка Рао и Скотта",
    ),
    "method.satterthwaite": (
        "Pearson's chi-square, Satterthwaite's approximation",
        "Хи-квадрат Пирсона, приближение Саттертуэйта",
    ),
    "method.lincom": (
        "Pearson's chi-square, its distribution by integration",
        "Хи-квадрат Пирсона, распределение найдено интегрированием",
    ),
    "method.saddlepoint": (
        "Pearson's chi-square, saddlepoint approximation",
        "Хи-квадрат Пирсона, приближение методом перевала",
    ),
    "method.Wald": ("Wald test", "Критерий Вальда"),
    "method.adjWald": ("Wald test, adjusted", "Критерий Вальда с поправкой"),
    "method.llWald": ("Wald test of log-linear interactions", "Критерий Вальда лог-линейных взаимодействий"),
    "method.adjllWald": (
        "Wald test of log-linear interactions, adjusted",
        "Критерий Вальда лог-линейных взаимодействий с поправкой",
    ),
    "method.t_one": ("Design-based t-test of a mean", "t-критерий для среднего с учётом дизайна выборки"),
    "method.t_two": (
        "Design-based t-test of two means",
        "t-критерий для двух средних с учётом дизайна выборки",
    ),
    "method.t_paired": (
        "Design-based paired t-test",
        "Парный t-критерий с учётом дизайна выборки",
    ),
    "method.wilcoxon": (
        "Design-based Wilcoxon rank test",
        "Ранговый критерий Уилкоксона с учётом дизайна выборки",
    ),
    "method.KruskalWallis": (
        "Design-based Kruskal-Wallis rank test",
        "Ранговый критерий Краскела – Уоллиса с учётом дизайна выборки",
    ),
    "method.vanderWaerden": (
        "Design-based van der Waerden rank test",
        "Ранговый критерий ван дер Вардена с учётом дизайна выборки",
    ),
    "method.median": ("Design-based median test", "Медианный критерий с учётом дизайна выборки"),
    "method.rank": (
        "Design-based rank test of given scores",
        "Ранговый критерий с заданными метками, с учётом дизайна выборки",
    ),
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
    "provenance.model": ("Model", "Модель"),
    "provenance.auxiliaries": ("Auxiliaries", "Вспомогательные переменные"),
    "provenance.formula": ("Formula", "Формула"),
    "provenance.family": ("Family of the regression", "Семейство регрессии"),
    "provenance.link": ("Link of the regression", "Функция связи регрессии"),
    "provenance.variance": ("Sampling variances", "Дисперсии выборки"),
    # What weights look like; the last part is the name of the column.
    "weights.title": ("Weights of", "Веса:"),
    "weights.group": ("Group", "Группа"),
    "weights.records": ("Records", "Записей"),
    "weights.zeros": ("Of weight zero", "С нулевым весом"),
    "weights.sum": ("Sum of weights", "Сумма весов"),
    "weights.mean": ("Mean", "Среднее"),
    "weights.min": ("Smallest", "Наименьший"),
    "weights.q05": ("5th percentile", "5-й процентиль"),
    "weights.q25": ("Lower quartile", "Нижний квартиль"),
    "weights.median": ("Median", "Медиана"),
    "weights.q75": ("Upper quartile", "Верхний квартиль"),
    "weights.q95": ("95th percentile", "95-й процентиль"),
    "weights.max": ("Largest", "Наибольший"),
    "weights.cv": ("Coefficient of variation", "Коэффициент вариации"),
    "weights.kish_deff": ("Kish design effect (1 + CV²)", "Эффект дизайна по Кишу (1 + CV²)"),
    "weights.effective_n": ("Effective n", "Эффективный объём"),
    "weights.ratio_min": ("Smallest ratio of new to old", "Наименьшее отношение нового к прежнему"),
    "weights.ratio_median": ("Median ratio of new to old", "Медиана отношения нового к прежнему"),
    "weights.ratio_max": ("Largest ratio of new to old", "Наибольшее отношение нового к прежнему"),
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
