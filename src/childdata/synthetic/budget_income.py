"""What does everybody earn, pay and receive in a quarter?

Amounts are monthly averages of the quarter in BYN, by person (m,) and household (h,). Wages, pensions and
stipends are drawn; contributions, income tax and benefits follow from them by `budget_rules`. Disposable
resources = money income less taxes and contributions of the family + food of the own plot less its costs
+ benefits in kind.
"""

from __future__ import annotations

import numpy as np

from childdata.synthetic import budget_rules as rules
from childdata.synthetic.budget_panel import Panel
from childdata.synthetic.budget_rules import amount
from childdata.synthetic.chance import Codes, Columns, Numbers, Texts, Truth, blank_text
from childdata.synthetic.population import FATHER, GRANDFATHER, GRANDMOTHER, MOTHER
from childdata.synthetic.targets import module

AGES, EMPLOYED = (16, 19, 24, 30, 52, 58, 62, 70), (0.02, 0.25, 0.82, 0.95, 0.95, 0.88, 0.45, 0.08)
PENSION_AGE_WOMEN, PENSION_AGE_MEN = 58, 63


def person_money(panel: Panel, quarter: int) -> Columns:
    """Earnings, taxes and transfers of all members of the pool, array (m,) each."""
    persons, answers, block = panel.population.persons, panel.members, module("budget.work")
    months = panel.months(quarter)
    years = np.maximum(months, 0) // 12
    count = len(persons)
    works = _works(panel, quarter)
    base = answers.random("wage").standard_normal(count)
    wobble = answers.random(f"wage/{quarter}").standard_normal(count)
    level = np.log(amount("wage")) + 0.20 * answers.wealth + 0.09 * ~persons.female - 0.08 * answers.rural
    wage = np.maximum(np.exp(level + 0.30 * base + 0.06 * wobble), amount("minimum_wage"))
    self_employed = works & answers.happens("self_employed", block, block.share["self_employed"])
    gross = np.where(works & ~self_employed, wage, 0.0)
    own_account = np.where(self_employed, 0.8 * wage, 0.0)
    children = panel.count(quarter, months < 216)[persons.household]
    parent = np.isin(persons.role, (MOTHER, FATHER))
    disabled_in_family = (panel.total(panel.disabled.astype(float)) > 0)[persons.household]
    single = panel.parents[persons.household] == 1
    tax = rules.income_tax(gross, np.where(parent, children, 0), single & parent, disabled_in_family & parent)
    old = years >= np.where(persons.female, PENSION_AGE_WOMEN, PENSION_AGE_MEN)
    spread = np.exp(0.18 * answers.random("pension").standard_normal(count) + 0.03 * answers.wealth)
    student = (years >= 17) & (years < 24) & ~works & answers.happens("student", block, block.share["student"])
    columns: Columns = {
        "wage_gross": gross,
        "ssc_employee": amount("contribution_employee") * gross,
        "ssc_employer": amount("contribution_employer") * gross,
        "pit": tax,
        "wage_net": gross - tax - amount("contribution_employee") * gross,
        "selfemp": own_account,
        "ssc_self": amount("contribution_self") * np.minimum(own_account, amount("minimum_wage")),
        "pension": np.where(old, amount("pension") * spread, 0.0),
        "stipend": np.where(student, amount("stipend"), 0.0),
    }
    columns |= _child_benefits(panel, quarter, works, wage)
    born = months >= 0
    return {name: np.where(born, np.round(values, 2), 0.0) for name, values in columns.items()}


def _works(panel: Panel, quarter: int) -> Truth:
    persons, answers, block = panel.population.persons, panel.members, module("budget.work")
    months = panel.months(quarter)
    share = np.interp(months / 12, AGES, EMPLOYED)
    works = answers.happens("employed", block, share) & (months >= 16 * 12)
    small = panel.count(quarter, (months >= 0) & (months < 36))[persons.household] > 0
    stays = answers.random("leave").random(len(persons)) >= block.share["leave_works"]
    return np.asarray(works & ~((persons.role == MOTHER) & small & stays))


def _child_benefits(panel: Panel, quarter: int, works: Truth, wage: Numbers) -> Columns:
    """Benefits written to the child (care, birth, disability) and to the mother (maternity)."""
    persons, months = panel.population.persons, panel.months(quarter)
    born = (months >= 0) & (months < 3)
    home = persons.household
    adult = np.isin(persons.role, (MOTHER, FATHER, GRANDMOTHER, GRANDFATHER)) & (months < 63 * 12)
    at_home = (panel.total((adult & ~works).astype(float)) > 0)[home]
    first_payments = np.where(born, amount("early_registration") * amount("bpm") / rules.QUARTER_MONTHS, 0.0)
    new_mother = (panel.total(born.astype(float)) > 0)[home] & (persons.role == MOTHER)
    insured = panel.members.random("maternity").random(len(persons)) < 0.85
    return {
        "ben_care3": rules.care_benefit(months, panel.order, panel.disabled),
        "ben_birth": rules.birth_benefit(born, panel.order, panel.twin),
        "ben_early": first_payments,
        "ben_maternity": np.where(new_mother & insured, amount("maternity") * wage, 0.0),
        "ben_disabled": rules.disabled_child_benefit(months, panel.disabled, panel.severe, at_home),
        "fam_capital": np.where(born & (panel.order >= 3), amount("family_capital"), 0.0),
    }


def household_money(panel: Panel, quarter: int, person: Columns, utility_bill: Numbers) -> Columns:
    """Incomes of the households of the pool, array (h,) each, from those of their members."""
    answers, block = panel.homes, module("budget.money")
    months = panel.months(quarter)
    size: Codes = np.maximum(panel.count(quarter, months >= 0), 1)
    children = panel.count(quarter, months < 216)
    small, older = panel.count(quarter, months < 36), panel.count(quarter, (months >= 36) & (months < 216))
    total = {name: panel.total(values) for name, values in person.items()}
    random = answers.random(f"money/{quarter}")
    count = len(size)

    def happening(name: str, scale: float, spread: float) -> Numbers:
        value = scale * np.exp(spread * random.standard_normal(count))
        return np.where(answers.happens(name, block, block.share[name]), value, 0.0)

    money: Columns = {
        "income1": total["wage_net"],
        "income2": total["selfemp"] - total["ssc_self"],
        "income3": total["pension"],
        "property": happening("property", 120.0, 0.9),
        "income6": total["stipend"],
        "income7": happening("private_in", 130.0, 0.7),
    }
    money |= {name: values for name, values in total.items() if name.startswith("ben_")}
    money["ben_3_18"] = rules.sibling_benefit(small, older)
    before = sum(values for values in money.values())
    money |= _assistance(panel, quarter, np.asarray(before), size, children)
    money["plot_food"] = np.where(answers.rural, 1.9, 0.8) * happening("plot", 55.0, 0.6)
    money["plot_costs"] = 0.3 * money["plot_food"]
    poor = np.asarray(before) / size < amount("bpm")
    money["ink_baby_food"] = np.where(poor, amount("baby_food") * panel.count(quarter, months < 24), 0.0)
    severe = panel.count(quarter, panel.severe)
    money["ink_hygiene"] = amount("hygiene") * severe
    cash = before + money["ben_tsa"] + money["ben_tsa_once"]
    money["ink_housing"] = rules.housing_subsidy(utility_bill, np.asarray(cash), answers.rural)
    money["transfers_out"] = happening("private_out", 70.0, 0.6)
    money["tax_property"] = np.where(answers.random("tax").random(count) < 0.7, 6.5, 0.0)
    return _totals({name: np.round(values, 2) for name, values in money.items()})


def _assistance(panel: Panel, quarter: int, before: Numbers, size: Codes, children: Codes) -> Columns:
    answers, block = panel.homes, module("budget.money")
    per_head = before / size
    applies = answers.happens("assistance", block, block.share["assistance"])
    months_used = answers.random("assistance/months").integers(1, 5, len(per_head))
    in_time = (quarter >= months_used) & (quarter < months_used + int(amount("assistance_months")) // 3)
    once = answers.happens(f"assistance_once/{quarter}", block, block.share["assistance_once"])
    return {
        "ben_tsa": rules.assistance(per_head, size, children, applies & in_time),
        "ben_tsa_once": rules.assistance_once(per_head, once),
    }


def _totals(money: Columns) -> Columns:
    benefits = [name for name in money if name.startswith("ben_")]
    money["income5"] = np.asarray(sum(money[name] for name in benefits))
    parts = ("income1", "income2", "income3", "property", "income5", "income6", "income7")
    money["money_income"] = np.asarray(sum(money[name] for name in parts))
    in_kind = money["ink_baby_food"] + money["ink_hygiene"] + money["ink_housing"]
    plot = money["plot_food"] - money["plot_costs"]
    money["resources"] = money["money_income"] + plot + in_kind - money["tax_property"]
    return money


def as_old_text(values: Numbers, random: np.random.Generator) -> Texts:
    """Numbers as an old program left them: a decimal comma, now and then an exponent ("2,3E+02"), "" for nothing.

    >>> as_old_text(np.array([0.0, 113.333]), np.random.default_rng(1)).tolist()
    ['0', '113,33']
    """
    short = random.random(len(values)) < 0.3
    silent = random.random(len(values)) < 0.01
    texts = blank_text(len(values))
    for place, value in enumerate(values.tolist()):
        if not silent[place]:
            text = "0" if value == 0 else f"{value:.1E}" if short[place] else f"{value:.2f}"
            texts[place] = text.replace(".", ",")
    return texts
