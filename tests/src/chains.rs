//! A made-up city at work: the chains of events that departments record, as a clerk's drafts.
//!
//! Nothing in it is about a real person. The same seed gives the same drafts.

use daybook_event::{Draft, Issuer, b64};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, date};
use serde_json::{Map, Value, json};

use crate::random::Random;

/// A department of the made-up city and what it records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Department {
    /// The jail's records office: the longest chains.
    Sheriff,
    /// Police dispatch: requests for help and for records.
    Police,
    /// A front desk for residents: few events and attestations that there was nothing.
    HumanServices,
}

/// First day of the time in which it all happens.
const FIRST_DAY: Date = date(2026, 9, 1);
/// Days on which a matter may begin.
const DAYS: i64 = 70;
/// Daylight saving time ends; the offset from UTC changes with it.
const WINTER: DateTime = date(2026, 11, 1).at(2, 0, 0, 0);

impl Department {
    /// Every department.
    pub const ALL: [Self; 3] = [Self::Sheriff, Self::Police, Self::HumanServices];

    /// The producer that publishes for the department.
    pub fn issuer(self) -> Issuer {
        let name = match self {
            Self::Sheriff => "sheriff/jail-records",
            Self::Police => "police/dispatch",
            Self::HumanServices => "human-services/front-desk",
        };
        name.parse().expect("the three names are well formed")
    }

    /// Drafts of `matters` matters and of the monthly attestations, in the order in which they were recorded.
    pub fn drafts(self, seed: u64, matters: usize) -> Vec<Draft> {
        let mut desk =
            Desk { department: self, random: Random::new(seed ^ (self as u64 + 1)), events: Vec::new() };
        for number in 0..matters {
            desk.matter(number);
        }
        desk.attest_months();
        desk.events.sort_by_key(|event| event.recorded);
        desk.events.into_iter().map(|event| event.draft).collect()
    }
}

struct Recorded {
    recorded: DateTime,
    draft: Draft,
}

/// One matter as its chain unfolds.
struct Matter {
    token: String,
    now: DateTime,
}

/// The desk of one department: draws what happens and writes it down.
struct Desk {
    department: Department,
    random: Random,
    events: Vec<Recorded>,
}

impl Desk {
    fn matter(&mut self, number: usize) {
        let day = FIRST_DAY + self.random.within(0, DAYS - 1).days();
        let minute = self.random.within(7 * 60, 18 * 60);
        let mut matter = Matter { token: self.token(), now: day.at(0, 0, 0, 0) + minute.minutes() };
        let matter = &mut matter;
        match (self.department, number % 6) {
            (Department::Sheriff, 0 | 3) => self.lawful_notice(matter),
            (Department::Sheriff, 1) => self.hold_declined(matter),
            (Department::Sheriff, 2) => self.missed_advisement(matter),
            (Department::Sheriff, 4) => self.declined_interview(matter),
            (Department::Sheriff, _) => self.judicial_transfer(matter),
            (Department::Police, 0 | 2 | 4) => self.assistance_declined(matter),
            (Department::Police, 1) => self.station_visit_refused(matter),
            (Department::Police, _) => self.no_record(matter),
            (Department::HumanServices, _) => self.subpoena_referred(matter),
        }
    }

    /// Catalogue chain 1: request, paper, copy, advisement, eligible, notice, released, answered.
    fn lawful_notice(&mut self, m: &mut Matter) {
        self.request(m, "release_notice", "fax");
        self.paper(m, "detainer_i247x", "no_court");
        self.copy_given(m);
        // Chain 10: now and then the advisement is written down two days late.
        let late = if self.random.chance(15) { 48 * 60 } else { 0 };
        self.advisement(m, "release_notice", late);
        self.eligible(m);
        self.notice(m);
        self.released(m, "released_public");
        self.answered(m, "partly", "city_ordinance");
    }

    /// Catalogue chain 2: the advisement is missing. A finding for the auditor, not a refusal.
    fn missed_advisement(&mut self, m: &mut Matter) {
        self.request(m, "release_notice", "fax");
        self.paper(m, "detainer_i247x", "no_court");
        self.eligible(m);
        self.notice(m);
        self.released(m, "released_public");
    }

    fn hold_declined(&mut self, m: &mut Matter) {
        self.request(m, "hold", "email");
        self.paper(m, "admin_warrant_i200", "no_court");
        self.answered(m, "declined", "no_judicial_paper");
        self.eligible(m);
        self.released(m, "released_public");
    }

    /// Catalogue chain 3: an interview is asked for, the person declines.
    fn declined_interview(&mut self, m: &mut Matter) {
        self.request(m, "interview", "phone");
        self.advisement(m, "interview", 0);
        let answer = *self.random.pick(&["declines", "declines", "wants_attorney", "silent"]);
        let fields = json!({ "answer_given": answer != "silent", "answer": answer });
        self.record(m, "advisement.answered", (1, 10), fields);
        self.answered(m, "declined", "city_ordinance");
    }

    /// Catalogue chain 5: a federal judge's warrant.
    fn judicial_transfer(&mut self, m: &mut Matter) {
        self.request(m, "judicial_paper", "in_person");
        self.paper(m, "federal_judicial_warrant", "federal_magistrate");
        self.eligible(m);
        let case = format!("1:26-mj-{:05}", self.random.below(2_000));
        let fields = json!({
            "paper_class": "federal_judicial_warrant", "receiving_agency": "us_marshals",
            "provisions": ["C2"], "case_number": case,
        });
        self.record(m, "custody.transferred", (30, 240), fields);
        self.released(m, "transferred_judicial");
        self.answered(m, "granted", "court_order");
    }

    fn assistance_declined(&mut self, m: &mut Matter) {
        self.request(m, "assistance", "phone");
        self.answered(m, "declined", "executive_order");
    }

    /// Catalogue chain 4, as far as its types exist: visitors with an administrative warrant.
    fn station_visit_refused(&mut self, m: &mut Matter) {
        self.request(m, "area_access", "in_person");
        self.paper(m, "admin_warrant_i205", "no_court");
        self.answered(m, "declined", "no_judicial_paper");
    }

    fn no_record(&mut self, m: &mut Matter) {
        self.request(m, "records", "portal");
        self.answered(m, "no_record", "nothing_held");
    }

    fn subpoena_referred(&mut self, m: &mut Matter) {
        self.request(m, "admin_subpoena", "mail");
        self.paper(m, "admin_subpoena", "no_court");
        self.answered(m, "referred", "other");
    }

    /// Catalogue chain 9 where a department had nothing: each month is attested, also with nil.
    fn attest_months(&mut self) {
        for month in [date(2026, 9, 1), date(2026, 10, 1)] {
            let (requests, notices) =
                (self.count("request.received", month), self.count("release.notice_sent", month));
            let mut matter = Matter {
                token: String::new(),
                now: (month + 1.month() + self.random.within(1, 5).days()).at(9, 0, 0, 0),
            };
            let mut fields = json!({
                "attested_period": month.strftime("%Y-%m").to_string(), "nil": requests + notices == 0,
                "requests": requests, "notices": notices, "provisions": ["D20"],
                "visa_certifications": self.random.below(4), "required_checks": 0,
            });
            if self.department == Department::Sheriff {
                fields["releases"] = self.random.within(480, 640).into();
                fields["median_release_minutes"] = self.random.within(150, 210).into();
            }
            self.record(&mut matter, "period.attested", (0, 60), fields);
        }
    }

    fn count(&self, event: &str, month: Date) -> usize {
        let in_month = |one: &&Recorded| {
            one.draft.event.as_str() == event && one.recorded.date().first_of_month() == month
        };
        self.events.iter().filter(in_month).count()
    }

    fn request(&mut self, m: &mut Matter, kind: &str, channel: &str) {
        let agency = *self.random.pick(&["ice_ero", "ice_ero", "ice_ero", "ice_hsi", "cbp_border_patrol"]);
        let received = time(m.now, self.random.chance(60));
        let mut fields = json!({
            "request_kind": kind, "agency": agency, "channel": channel, "provisions": ["D16"],
            "received_at": received, "document_hash": self.digest(),
        });
        if channel == "fax" {
            fields["line_id"] = format!("Fax {}", self.random.within(1, 4)).into();
            fields["page_count"] = self.random.within(1, 6).into();
        }
        if kind == "admin_subpoena" {
            fields["return_date"] = (m.now.date() + 14.days()).to_string().into();
        }
        self.record(m, "request.received", (0, 0), fields);
    }

    fn paper(&mut self, m: &mut Matter, class: &str, court: &str) {
        let judicial = court != "no_court";
        let mut fields = json!({
            "paper_class": class, "court": court, "judge_named": judicial, "judge_signed": judicial,
            "in_date": true, "scope_match": true, "person_match": true, "provisions": ["D9", "C1"],
            "reviewer_role": "watch_commander",
        });
        if judicial {
            fields["case_number"] = format!("1:26-mj-{:05}", self.random.below(2_000)).into();
        }
        self.record(m, "paper.classified", (10, 120), fields);
    }

    fn copy_given(&mut self, m: &mut Matter) {
        let refused = self.random.chance(8);
        let way = *self.random.pick(&["by_hand", "by_hand", "read_aloud"]);
        self.record(m, "request.copy_given", (20, 300), json!({ "way": way, "refused_to_take": refused }));
    }

    fn advisement(&mut self, m: &mut Matter, purpose: &str, recorded_late_min: i64) {
        let language = *self.random.pick(&["en", "es", "es", "fr", "am", "vi"]);
        let complete = self.random.chance(95);
        let fields = json!({
            "purpose": purpose, "form_version": "RN-2026.1", "provisions": ["D12", "D18"],
            "item_request": true, "item_decline": true, "item_attorney": complete, "item_use": true,
            "written": true, "language_matched": true, "interpreter_used": language != "en",
            "witness_role": "sergeant", "language": language, "signature_page_hash": self.digest(),
        });
        self.record(m, "advisement.given", (15, 240), fields);
        if let Some(last) = self.events.last_mut().filter(|_| recorded_late_min > 0) {
            last.recorded += recorded_late_min.minutes();
            last.draft.fields.insert("recorded_at".into(), time(last.recorded, false).into());
        }
    }

    fn eligible(&mut self, m: &mut Matter) {
        let grounds = ["bond_or_recognizance", "bond_or_recognizance", "time_served", "charges_dropped"];
        let ground = *self.random.pick(&grounds);
        self.record(m, "release.eligible", (600, 5_000), json!({ "ground": ground, "provisions": ["C14"] }));
    }

    fn notice(&mut self, m: &mut Matter) {
        let hours = self.random.within(1, 30);
        let lead_time = match hours {
            ..8 => "from_1h_to_8h",
            8..24 => "from_8h_to_24h",
            _ => "from_24h_to_48h",
        };
        let sent = m.now + 20.minutes();
        let fields = json!({
            "lead_time": lead_time, "sent_at": time(sent, true), "channel": "fax",
            "confirmation_hash": self.digest(), "scheduled_release": time(sent + hours.hours(), false),
            "categories_disclosed": ["release_date", "release_time"], "provisions": ["D16", "D18"],
        });
        self.record(m, "release.notice_sent", (20, 20), fields);
        m.now += hours.hours();
    }

    fn released(&mut self, m: &mut Matter, outcome: &str) {
        let exit = if outcome == "released_public" { "public_lobby" } else { "sally_port" };
        self.record(m, "release.completed", (30, 200), json!({ "outcome": outcome, "exit_point": exit }));
    }

    fn answered(&mut self, m: &mut Matter, decision: &str, ground: &str) {
        let fields = json!({
            "decision": decision, "ground": ground, "days_taken": self.random.within(0, 3), "provisions": ["D1"],
            "approver_role": "duty_supervisor", "channel": "email", "content_hash": self.digest(),
        });
        self.record(m, "request.answered", (30, 600), fields);
    }

    /// Lets the matter's clock run for some minutes, then writes the event down a little later.
    fn record(&mut self, m: &mut Matter, event: &str, (least_min, most_min): (i64, i64), fields: Value) {
        m.now += self.random.within(least_min, most_min).minutes();
        let recorded = m.now + self.random.within(1, 45).minutes();
        let Value::Object(mut fields) = fields else { unreachable!("every caller gives an object") };
        fields.insert("occurred_at".into(), self.occurred(m.now).into());
        fields.insert("recorded_at".into(), time(recorded, false).into());
        if !m.token.is_empty() {
            fields.insert("matter_ref".into(), m.token.clone().into());
        }
        self.recorder(&mut fields);
        let event = event.parse().expect("the names of the catalogue are well formed");
        self.events.push(Recorded { recorded, draft: Draft::new(event, fields) });
    }

    fn recorder(&mut self, fields: &mut Map<String, Value>) {
        let (facility, unit, role, system) = match self.department {
            Department::Sheriff => {
                ("Downtown Detention Center", "Records desk", "records_clerk", "Jail records")
            }
            Department::Police => {
                ("Police Administration Building", "Dispatch", "dispatcher", "Dispatch log")
            }
            Department::HumanServices => ("Castro Building", "Front desk", "front_desk", "Desk log"),
        };
        let badge = format!("R-{:04}", 2_200 + self.random.below(12));
        let recorder = [
            ("facility", facility),
            ("unit", unit),
            ("role", role),
            ("system", system),
            ("badge", badge.as_str()),
        ];
        fields.extend(recorder.map(|(name, value)| (name.to_owned(), value.into())));
    }

    /// Most records know the second or the minute, some only the day.
    fn occurred(&mut self, at: DateTime) -> String {
        match self.random.below(10) {
            0 => at.date().to_string(),
            1..5 => time(at, true),
            _ => time(at, false),
        }
    }

    fn token(&mut self) -> String {
        let letters = b"abcdefghijklmnopqrstuvwxyz234567";
        (0..26).map(|_| char::from(*self.random.pick(letters))).collect()
    }

    fn digest(&mut self) -> String {
        b64::encode(self.random.bytes::<32>())
    }
}

fn time(at: DateTime, to_the_second: bool) -> String {
    let offset = if at < WINTER { "-06:00" } else { "-07:00" };
    let form = if to_the_second { "%Y-%m-%dT%H:%M:%S" } else { "%Y-%m-%dT%H:%M" };
    format!("{}{offset}", at.strftime(form))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use daybook_event::{Catalogue, issue::check};

    use super::*;

    #[test]
    fn every_draft_is_one_that_the_ledger_takes() {
        for department in Department::ALL {
            for draft in department.drafts(7, 60) {
                let checked = check(&draft, &department.issuer(), Catalogue::builtin());
                assert!(checked.is_ok(), "{}: {checked:?}", draft.event);
            }
        }
    }

    #[test]
    fn together_they_use_every_type_that_a_matter_in_custody_has() {
        const CUSTODY: [&str; 6] = ["request.", "paper.", "advisement.", "release.", "custody.", "period."];
        let drafts = Department::ALL.into_iter().flat_map(|department| department.drafts(7, 12));
        let used: BTreeSet<String> = drafts.map(|draft| draft.event.to_string()).collect();
        let domain = Catalogue::builtin().types().map(|ty| ty.name().to_string());
        let all: BTreeSet<String> =
            domain.filter(|name| CUSTODY.iter().any(|begin| name.starts_with(begin))).collect();
        assert_eq!(used, all);
    }

    #[test]
    fn the_same_seed_gives_the_same_drafts_and_another_gives_others() {
        let drafts = |seed| Department::Sheriff.drafts(seed, 5);
        assert_eq!(drafts(1), drafts(1));
        assert_ne!(drafts(1), drafts(2));
    }

    #[test]
    fn a_department_without_matters_attests_that_there_was_nothing() {
        let drafts = Department::HumanServices.drafts(1, 0);
        assert_eq!(drafts.len(), 2);
        assert!(drafts.iter().all(|draft| draft.fields["nil"] == true));
    }
}
