#!/usr/bin/env python3
"""What the rules must find in the jail file, straight from its rows.

Knows nothing of events, packs or the ledger. Prints one JSON object: the findings, each as
[rule, answer, reason, day, outcome], sorted.

  R14  left more than 24 hours after becoming free to leave, on days only: certain, or undetermined where the days do not decide
  R17  handed to a federal authority; the file shows no paper of a judge
  R18  a request; the file shows no answer
  R39  written down more than 24 hours later: on a day of 25 hours the day alone does not tell

usage: jail_findings.py FILE.csv
"""
import csv
import datetime as dt
import json
import sys
from collections import defaultdict
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/Denver")
FEDERAL = {"RELEASED TO ICE": "ice_ero", "RELEASED TO FEDS": "other_federal"}
OTHER_AGENCY = {"RELEASED TO OTHER AGENCY", "RELEASED TO TDCJ-ID", "RELEASED TO TDCJ-STATE JAIL", "RELEASED TO TDC",
                "RELEASED TO ISF", "EXTRADITION"}
LET_GO = {"WARRANT WITHDRAWN", "ICE DETAINER RELEASED", "ICE DETAINER TIME LIMIT REACHED", "WRONG PERSON IN CUSTODY",
          "NO HOLD PER TDCJ", "NO EXTRADITION", "NO CHARGES FILED", "SENTENCE COMPLETE", "MANUAL LABOR CREDIT RELEASE",
          "BOND-PERSONAL RECOGNIZANCE", "COMMUNITY COURT", "OVERNIGHT STAY ONLY"}
LIMIT = 24 * 3600


def bounds(day):
    """First and last second of a day in Denver; 23 or 25 hours apart where clocks change."""
    first = dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), ZONE)
    after = dt.datetime.combine(dt.date.fromisoformat(day) + dt.timedelta(days=1), dt.time(), ZONE)
    return int(first.timestamp()), int(after.timestamp()) - 1


def held(free, departures):
    """The answer about one booking, from the day on which the person was free to leave and the days of leaving."""
    if not departures:
        return "fails", "absent"
    first, last = bounds(free)
    answers = set()
    for day, _ in departures:
        earliest, latest = bounds(day)
        if latest <= first + LIMIT:
            answers.add("in time")
        elif earliest > last + LIMIT:
            answers.add("late")
        else:
            answers.add("unclear")
    if "in time" in answers:
        return "quiet", "holds"
    return ("undetermined", "cannot_tell") if "unclear" in answers else ("fails", "late")


def kind(outcome):
    return FEDERAL.get(outcome) or ("released_to_other_agency" if outcome in OTHER_AGENCY else "released_public")


def long_day(day):
    first, last = bounds(day)
    return last - first >= LIMIT


def main(path):
    bookings = defaultdict(list)
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            bookings[row["booking"]].append({name: value.strip() for name, value in row.items()})
    found = []
    for rows in bookings.values():
        departures, free = set(), ""
        for row in rows:
            found.append(["R18", "fails", "absent", row["booked_on"], "none"])
            if long_day(row["booked_on"]):
                # The request, and the classification of its paper.
                found += [["R39", "undetermined", "cannot_tell", row["booked_on"], "none"]] * 2
            ended, outcome = row["detainer_ended_on"], row["detainer_outcome"]
            free = free or row["local_custody_ended_on"]
            if outcome in FEDERAL:
                departures.add((ended, outcome))
            elif outcome in OTHER_AGENCY:
                departures.add((ended, outcome))
            elif outcome in LET_GO and ended and row["local_custody_ended_on"] and ended >= row["local_custody_ended_on"]:
                departures.add((ended, outcome))
        for day, outcome in departures:
            if outcome in FEDERAL:
                found.append(["R17", "fails", "absent", day, FEDERAL[outcome]])
            if long_day(day):
                found.append(["R39", "undetermined", "cannot_tell", day, kind(outcome)])
        if free and long_day(free):
            found.append(["R39", "undetermined", "cannot_tell", free, "none"])
        if free:
            answer, reason = held(free, departures)
            kinds = {kind(outcome) for _, outcome in departures}
            if answer != "quiet":
                found.append(["R14", answer, reason, free, "+".join(sorted(kinds)) or "none"])
    json.dump({"findings": sorted(found)}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
