"""A slow second opinion on the engine: fractions, half a unit at a time, everything from scratch for every period.

It reads the same documents, and shares no code with the engine.
"""

import datetime as dt
import math
from collections import defaultdict
from fractions import Fraction

from dateutil.relativedelta import relativedelta

MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
FIGURES = {"energy_produced": "energy_produced_kwh", "energy_sold": "energy_sold_kwh", "units": "units"}
DAY = dt.timedelta(days=1)


def day_of(text):
    return None if text is None else dt.date.fromisoformat(text)


class Reference:
    """The lines to date of a document through a period, as {(kind, term, period end): amount}."""

    def __init__(self, document, through, seen_on):
        self.rules = document["agreement"]
        self.document = document
        self.effective_on = day_of(self.rules["effective_on"])
        self.ends_on = day_of(self.rules["ends_on"])
        self.through = through
        self.start = tuple(map(int, (self.rules["contract_year_start"] or self.rules["effective_on"][5:]).split("-")))
        self.lines_seen = self.latest_versions(seen_on)
        self.periods = self.all_periods()
        self.places = 0 if self.rules["currency"] == "JPY" else 2

    def starts(self):
        """Every contract-year start of the grid, far enough around the agreement."""
        month, day = self.start
        leap = dt.date(2000, month, day)
        return [leap + relativedelta(years=years) for years in range(10, 60)]

    def contract_year(self, day):
        return 1 + sum(self.effective_on < start <= day for start in self.starts())

    def all_periods(self):
        ends = []
        for start in self.starts():
            anchor = dt.date(
                2000, start.month, int((self.rules["contract_year_start"] or self.rules["effective_on"][5:])[3:])
            )
            length = MONTHS[self.rules["period"]]
            base = (start.year - 2000) * 12
            for cell in range(12 // length):
                end = anchor + relativedelta(months=base + (cell + 1) * length) - DAY
                ends.append(end)
        ends = [end for end in ends if end >= self.effective_on]
        if self.ends_on is not None:
            ends = [end for end in ends if end < self.ends_on] + [self.ends_on]
        return [end for end in ends if end <= self.through]

    def period_of(self, month):
        last = day_of(month + "-01") + relativedelta(months=1) - DAY
        return next((end for end in self.periods if end >= last), None)

    def latest_versions(self, seen_on):
        best = {}
        for line in sorted(self.document["reports"], key=lambda line: line["version"]):
            if day_of(line["accepted_on"]) <= seen_on:
                best[line["plant"], line["month"], line["chemistry"], line["field"]] = line
        return sorted(best.values(), key=lambda line: line["month"])

    def rate(self, tiers, number):
        for tier in tiers:
            if tier["up_to"] is None or number <= Fraction(tier["up_to"]):
                return Fraction(tier["rate"])
        raise AssertionError(tiers)

    def factor(self, term, period):
        escalator = term["escalator"]
        if escalator is None:
            return Fraction(1)
        percent = Fraction(escalator["percent"])
        if escalator["cap"] is not None:
            percent = min(percent, Fraction(escalator["cap"]))
        if escalator["floor"] is not None:
            percent = max(percent, Fraction(escalator["floor"]))
        return (1 + percent / 100) ** (self.contract_year(period) - 1)

    def window(self, term, period):
        return {"period": period, "contract_year": self.contract_year(period), "lifetime": 0}[term["window"]]

    def monthly(self, term):
        """The (month, period, quantity) of a term, in order of months."""
        found = []
        for line in self.lines_seen:
            last = day_of(line["month"] + "-01") + relativedelta(months=1) - DAY
            in_force = day_of(term["from"]) <= last and (term["to"] is None or last <= day_of(term["to"]))
            scope = term["scope"]
            in_scope = all(
                not scope[many] or line[one] in scope[many]
                for many, one in (("plants", "plant"), ("chemistries", "chemistry"), ("fields", "field"))
            )
            period = self.period_of(line["month"])
            if in_force and in_scope and period is not None:
                found.append((line["month"], period, self.quantity(term, line, period)))
        return found

    def quantity(self, term, line, period):
        if term["basis"] != "net_sales":
            return Fraction(line[FIGURES[term["basis"]]])
        sales = Fraction(line["net_sales"])
        if sales and line["currency"] != self.rules["currency"]:
            (rate,) = [
                fx for fx in self.document["fx"] if fx["base"] == line["currency"] and fx["on"] == period.isoformat()
            ]
            sales *= Fraction(rate["rate"])
        return sales

    def amount_of_window(self, term, window, through):
        """C(term, through): half a unit at a time if graduated, all at once if by volume."""
        terms = {other["id"]: other for other in self.document["terms"]}
        number = Fraction(0)
        other = term
        while other["continues"] is not None:
            other = terms[other["continues"]]
            number += sum(
                quantity for _, period, quantity in self.monthly(other) if self.window(term, period) == window
            )
        months = [
            entry for entry in self.monthly(term) if self.window(term, entry[1]) == window and entry[1] <= through
        ]
        percent = Fraction(1, 100) if term["basis"] == "net_sales" else 1
        total = Fraction(0)
        if term["mode"] == "volume":
            rate = self.rate(term["tiers"], number + sum(quantity for _, _, quantity in months))
            return sum(quantity * rate * percent * self.factor(term, period) for _, period, quantity in months)
        for _month, period, quantity in months:
            left = quantity
            while left > 0:
                unit = min(left, Fraction(math.floor(number * 2) + 1, 2) - number)
                number += unit
                left -= unit
                total += unit * self.rate(term["tiers"], number) * percent * self.factor(term, period)
        return total

    def rounded(self, exact):
        scaled = exact * 10**self.places
        if self.rules["rounding"] == "half_even":
            return Fraction(round(scaled), 10**self.places)
        away = math.floor(abs(scaled) + Fraction(1, 2))
        return Fraction(away if scaled >= 0 else -away, 10**self.places)

    def royalties(self):
        found = {}
        for term in self.document["terms"]:
            if term["basis"] == "lump_sum":
                found |= self.lump_sums(term)
                continue
            for index, period in enumerate(self.periods):
                window = self.window(term, period)
                before = self.periods[index - 1] if index else self.effective_on - DAY
                amount = self.amount_of_window(term, window, period) - self.amount_of_window(term, window, before)
                found["royalty", term["id"], period] = self.rounded(amount)
        return found

    def lump_sums(self, term):
        """Once per window, in the first period with a month's end, or its own, on which the term is in force."""
        found, charged = {}, set()
        day = self.effective_on
        for period in self.periods:
            while day <= period:
                in_force = day_of(term["from"]) <= day and (term["to"] is None or day <= day_of(term["to"]))
                is_end = day == period or (day + DAY).day == 1
                if in_force and is_end and self.window(term, period) not in charged:
                    charged.add(self.window(term, period))
                    amount = Fraction(term["tiers"][0]["rate"]) * self.factor(term, period)
                    found["royalty", term["id"], period] = self.rounded(amount)
                day += DAY
        return found

    def lines(self):
        rules = self.rules
        lines = defaultdict(Fraction, self.royalties())
        creditable = {term["id"]: term["creditable"] for term in self.document["terms"]}
        is_yearly = rules["cap_window"] == "contract_year"
        cap = None if rules["cap"] is None else Fraction(rules["cap"])

        def earned(periods, only=None):
            return sum(
                lines["royalty", key, p] for key in creditable for p in periods if only in (None, creditable[key])
            )

        def window(period):
            year = self.contract_year(period)
            return [p for p in self.periods if p <= period and (not is_yearly or self.contract_year(p) == year)]

        after_cap = {}
        for period in self.periods:
            if cap is not None:
                periods = window(period)
                now, before = min(cap, earned(periods)), min(cap, earned(periods[:-1]))
                lines["cap", None, period] = now - before - earned([period])
            after_cap[period] = earned([period]) + lines["cap", None, period]
        for period in self.periods:
            year = self.contract_year(period)
            is_last = period == self.ends_on or self.contract_year(period + DAY) != year
            if is_last:
                periods = [p for p in self.periods if self.contract_year(p) == year]
                lines["shortfall", None, period] = self.shortfall(
                    year, periods, after_cap, earned, cap if is_yearly else None
                )
        for fee in self.document["fees"]:
            period = next((end for end in self.periods if end >= day_of(fee["on"])), None)
            if period is not None:
                lines["fee", fee["id"], period] = Fraction(fee["amount"])
        self.add_recoupment_and_withholding(lines, after_cap)
        return {key: amount for key, amount in lines.items() if amount}

    def shortfall(self, year, periods, after_cap, earned, cap):
        named = [row for row in self.rules["minimums"] if row["contract_year"] <= year]
        if not named:
            return Fraction(0)
        minimum = Fraction(max(named, key=lambda row: row["contract_year"])["amount"])
        if self.rules["prorate_minimum"]:
            starts = self.starts()
            start = max(s for s in starts if s <= periods[-1])
            full = (starts[starts.index(start) + 1] - start).days
            days = (periods[-1] - max(start, self.effective_on)).days + 1
            minimum = self.rounded(minimum * days / full)
        # The cut takes from what is not creditable first.
        cut = earned(periods) - sum(after_cap[p] for p in periods)
        uncreditable = earned(periods, False)
        low, high = min(0, uncreditable), max(0, uncreditable)
        credited = earned(periods, True) - (cut - min(high, max(low, cut)))
        missing = minimum - credited
        if cap is not None:
            missing = min(missing, cap - sum(after_cap[p] for p in periods))
        return max(Fraction(0), missing)

    def withholding_percent(self, period):
        changes = [row for row in self.rules["withholding_changes"] if day_of(row["from"]) <= period]
        return Fraction(changes[-1]["percent"] if changes else self.rules["withholding_percent"])

    def add_recoupment_and_withholding(self, lines, after_cap):
        rules = self.rules
        advance = Fraction(rules["advance"]) if rules["advance_recoupable"] else Fraction(0)
        earned = recouped = exact_tax = withheld = Fraction(0)
        for period in self.periods:
            earned += after_cap[period]
            now = min(advance, max(Fraction(0), earned))
            lines["recoupment", None, period] = now - recouped
            base = after_cap[period] + lines["shortfall", None, period] - (now - recouped)
            if rules["advance_repayable"] and period == self.ends_on:
                lines["repayment", None, period] = Fraction(rules["advance"]) - now
                base -= Fraction(rules["advance"]) - now
            base += sum(lines["fee", fee["id"], period] for fee in self.document["fees"])
            recouped = now
            percent = self.withholding_percent(period) / 100
            exact_tax += base * percent / (1 - percent) if rules["gross_up"] else base * percent
            tax = self.rounded(exact_tax)
            lines["withholding", None, period] = tax - withheld
            withheld = tax
