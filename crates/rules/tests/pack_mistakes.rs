//! Mistakes in packs: each is told with the line and column at which it stands, and with a hint where one helps.
//!
//! A case changes one place of a sound pack. The mark `¦` in the changed text shows where the mistake has to be reported.

use daybook_rules::pack::{Mistake, Pack};

const SOUND: &str = r#"[pack]
id = "test-pack"
version = "1.0"
title = "A pack for tests"
jurisdiction = "City"
basis = "An order"
valid_from = 2020-01-01
valid_to = 2030-01-01
state = "in_force"
time_zone = "America/Denver"
holidays = ["us-federal", "2026-03-31"]
wait = "24 hours"

[provisions]
D18 = "Advised first."
C6 = "No personal information."

[parameters]
days = 14
papers = ["federal_judicial_warrant", "writ"]

[[rule]]
id = "R01"
title = "Notice without advisement"
severity = "V1"
provisions = ["D18"]
text = "Advised first."

[[rule.check]]
name = "absent"
on = ["release.notice_sent"]
preceded_by = { event = ["advisement.given"], where = 'r.purpose == "release_notice"' }
fails = ["absent", "late"]
says = "A notice was sent at {e.occurred_at}."

[[rule.check]]
name = "answered"
on = ["request.received"]
when = 'e.request_kind in ["hold", "records"]'
followed_by = { event = ["request.answered"] }
within = "params.days days"
says = "No answer to {e.request_kind}."

[[rule]]
id = "R07"
title = "Over a refusal"
severity = "V1"
provisions = ["C6"]
text = "Only with a yes."

[[rule.check]]
name = "refused"
on = ["interview.closed"]
when = '''
e.result == "held"
&& e.mode == "video"'''
with = { answer = { event = ["advisement.answered"], pick = "last_before" } }
only_if = """
answer != null
&& answer.answer == \"accepts\"
&& e.within_public_terms == true"""
says = """
An interview was held ({e.mode}),
and the answer of {answer.occurred_at} was no yes."""

[[rule]]
id = "R20"
title = "Lead time"
severity = "V4"
provisions = ["D18"]
text = "A measure."

[[rule.check]]
name = "lead"
on = ["release.notice_sent"]
measure = { event = ["release.completed"] }
measure_from = "sent_at"
classes = [
  { below = "1 hour", label = "short" },
  { below = "48 hours", label = "middling" },
]
otherwise = "long"
says = "Sent at {e.sent_at}."
"#;

struct Case {
    from: &'static str,
    to: &'static str,
    message: &'static str,
    hint: Option<&'static str>,
}

const fn case(from: &'static str, to: &'static str, message: &'static str) -> Case {
    Case { from, to, message, hint: None }
}

const fn hinted(from: &'static str, to: &'static str, message: &'static str, hint: &'static str) -> Case {
    Case { from, to, message, hint: Some(hint) }
}

const CASES: &[Case] = &[
    // The file as TOML, and keys.
    case("title = \"A pack for tests\"", "title = ¦A pack", ""),
    hinted(
        "basis = \"An order\"",
        "basis = \"An order\"\n¦stat = \"in_force\"",
        "no key `stat`",
        "did you mean `state`?",
    ),
    hinted("severity = \"V4\"", "¦severty = \"V4\"", "no key `severty`", "did you mean `severity`?"),
    hinted("preceded_by = { event", "preceded_by = { ¦evnt", "no key `evnt`", "did you mean `event`?"),
    case("text = \"A measure.\"\n", "", "the key `text` is missing"),
    case("valid_from = 2020-01-01", "valid_from = ¦\"2020-01-01\"", ""),
    // What the pack says of itself.
    case("id = \"test-pack\"", "id = ¦\"Test Pack\"", "the id of a pack"),
    case("version = \"1.0\"", "version = ¦\"1.0-rc\"", "a version is"),
    case("valid_to = 2030-01-01", "valid_to = ¦2019-12-31", "before it begins on 2020-01-01"),
    case("valid_from = 2020-01-01", "valid_from = ¦2020-01-01T00:00:00Z", "not a day"),
    case("state = \"in_force\"", "state = ¦\"switched_off\"", "state_reason is missing"),
    case("state = \"in_force\"", "state = ¦\"off\"", "state is in_force or switched_off"),
    case("\"America/Denver\"", "¦\"America/Denvver\"", "no time zone"),
    case("\"2026-03-31\"]", "¦\"easter\"]", "is no holiday"),
    case("wait = \"24 hours\"", "wait = ¦\"a day\"", "no length of time"),
    case(
        "D18 = \"Advised first.\"",
        "D18 = \"Advised first.\"\n¦DESIGN = \"Ours.\"",
        "the code of a provision",
    ),
    case("days = 14", "days = 14\nshare = ¦0.5", "a parameter is a whole number"),
    // Rules and checks.
    case("id = \"R20\"", "id = ¦\"R01\"", "R01 is in this pack already"),
    case("id = \"R20\"", "id = ¦\"Rule 20\"", "the id of a rule"),
    case("severity = \"V4\"", "severity = ¦\"V5\"", "a severity is V1, V2, V3 or V4"),
    hinted(
        "provisions = [\"C6\"]",
        "provisions = [¦\"C7\"]",
        "[provisions] does not have C7",
        "did you mean `C6`?",
    ),
    case("name = \"answered\"", "name = ¦\"absent\"", "a check of this name already"),
    case("name = \"answered\"", "name = ¦\"Not answered\"", "the name of a check"),
    case(
        "severity = \"V1\"\nprovisions = [\"C6\"]",
        "severity = \"V4\"\nprovisions = [\"C6\"]",
        "only they do",
    ),
    hinted(
        "on = [\"request.received\"]",
        "on = [¦\"request.recieved\"]",
        "there is no type",
        "did you mean `request.received`?",
    ),
    case("within = \"params.days days\"\n", "", "followed_by needs within"),
    hinted(
        "within = \"params.days days\"",
        "within = \"¦params.dayz days\"",
        "no parameter `dayz`",
        "did you mean `days`?",
    ),
    case("within = \"params.days days\"", "within = ¦\"14 weeks\"", "no length of time"),
    case(
        "within = \"params.days days\"",
        "within_count = '¦e.channel'\nwithin_unit = \"days\"",
        "a whole number",
    ),
    case(
        "within = \"params.days days\"",
        "within_count = 'params.days'\nwithin_unit = ¦\"weeks\"",
        "the unit is",
    ),
    case("fails = [\"absent\", \"late\"]", "fails = [\"absent\", ¦\"early\"]", "absent or late"),
    case(
        "fails = [\"absent\", \"late\"]",
        "fails = [\"late\"]\nwithin = ¦\"3 days\"",
        "`within` goes with followed_by only",
    ),
    case(
        "preceded_by = { event",
        "never = { event = [\"release.completed\"] }\npreceded_by = { event",
        "exactly one of",
    ),
    case("measure = { event = [\"release.completed\"] }\n", "", "exactly one of"),
    case(
        "{ event = [\"release.completed\"] }",
        "{ event = [\"release.completed\"], order = ¦\"before\" }",
        "an order of its own",
    ),
    case(
        "{ event = [\"request.answered\"] }",
        "{ event = [\"request.answered\"], pick = ¦\"any\" }",
        "pick goes with the names in `with`",
    ),
    case(
        "with = { answer = {",
        "with = { ¦other = { event = [\"advisement.given\"] }, answer = {",
        "say which one",
    ),
    case(
        "{ event = [\"request.answered\"] }",
        "{ event = [\"request.answered\"], order = ¦\"later\" }",
        "order is before, after or any",
    ),
    case(
        "{ event = [\"request.answered\"] }",
        "{ event = [\"request.answered\"], by = ¦\"person\" }",
        "by is case",
    ),
    case(
        "{ event = [\"request.answered\"] }",
        "{ event = [\"request.answered\"], by = ¦\"same:agency\" }",
        "request.answered has no text field `agency`",
    ),
    case(
        "{ event = [\"request.answered\"] }",
        "{ event = [\"request.answered\"], by = ¦\"same:page_count=channel\" }",
        "request.received has no text field `page_count`",
    ),
    // Expressions.
    hinted(
        "when = 'e.request_kind in",
        "when = '¦e.request_kinds in",
        "no field `request_kinds`",
        "did you mean `request_kind`?",
    ),
    hinted(
        "r.purpose == \"release_notice\"",
        "r.purpose ¦== \"release_notices\"",
        "no value is \"release_notices\"",
        "did you mean `release_notice`?",
    ),
    hinted(
        "in [\"hold\", \"records\"]",
        "¦in [\"hold\", \"record\"]",
        "no value is \"record\"",
        "did you mean `records`?",
    ),
    case(
        "when = 'e.request_kind in [\"hold\", \"records\"]'",
        "when = 'e.page_count ¦== \"two\"'",
        "never equals",
    ),
    case(
        "when = 'e.request_kind in [\"hold\", \"records\"]'",
        "when = '¦e.request_kind'",
        "should be a yes or no",
    ),
    case(
        "when = 'e.request_kind in [\"hold\", \"records\"]'",
        "when = '¦a.request_kind == \"hold\"'",
        "there is no `a` here",
    ),
    case(
        "when = 'e.request_kind in [\"hold\", \"records\"]'",
        "when = '¦e.request_kind == \"hold\" && e.request_kind == \"records\"'",
        "can never hold",
    ),
    case(
        "when = 'e.request_kind in [\"hold\", \"records\"]'",
        "when = 'e.request_kind ¦< \"hold\"'",
        "have no order",
    ),
    hinted(
        "when = 'e.request_kind in [\"hold\", \"records\"]'",
        "when = 'e.page_count > ¦params.day'",
        "no parameter `day`",
        "did you mean `days`?",
    ),
    hinted(
        "&& e.within_public_terms == true",
        "&& ¦e.within_public_terms",
        "may be missing",
        "== true or != false",
    ),
    // The middle of strings of several lines, with and without escapes.
    case("e.result == \"held\"\n&& e.mode", "e.result == \"held\"\n&& ¦f.mode", "there is no `f` here"),
    hinted(
        "&& answer.answer == \\\"accepts\\\"",
        "&& answer.answer ¦== \\\"accept\\\"",
        "no value is \"accept\"",
        "did you mean `accepts`?",
    ),
    hinted(
        "&& e.within_public_terms == true",
        "&& ¦e.within_public_term == true",
        "no field `within_public_term`",
        "did you mean `within_public_terms`?",
    ),
    case("&& e.mode == \"video\"'''", "&& e.mode ==¦= \"video\"'''", "`=` does not belong here"),
    case("answer != null\n", "answer != null ¦)\n", "`)` does not belong here"),
    case("answer != null\n", "answer != null \\\n   \\u0026& ¦f.mode == \\\"x\\\"\n", "there is no `f` here"),
    // The words of a finding.
    case("at {e.occurred_at}.\"", "at ¦{e.ocurred_at}.\"", "no field `ocurred_at`"),
    case("at {e.occurred_at}.\"", "at ¦{x.occurred_at}.\"", "there is no `x` here"),
    case("at {e.occurred_at}.\"", "at ¦{occurred_at}.\"", "a place is {variable.field}"),
    hinted(
        "of {answer.occurred_at} was",
        "of ¦{answer.answer} was",
        "`answer` is withheld",
        "withheld fields are not opened",
    ),
    // Measures.
    case("below = \"48 hours\"", "below = ¦\"1 hour\"", "grow"),
    case("below = \"48 hours\"", "below = ¦\"90 minutes\"", "in one unit"),
    case("otherwise = \"long\"\n", "", "measure needs otherwise"),
    hinted(
        "measure_from = \"sent_at\"",
        "measure_from = ¦\"sent_a\"",
        "no field `sent_a`",
        "did you mean `sent_at`?",
    ),
];

fn read(text: &str) -> Vec<Mistake> {
    Pack::read(text).err().unwrap_or_default()
}

/// Line and column of the mark, and the text without it.
fn unmark(text: &str) -> (Option<(usize, usize)>, String) {
    let place = text.find('¦').map(|at| {
        let before = &text[..at];
        (before.matches('\n').count() + 1, before.rsplit('\n').next().unwrap_or_default().chars().count() + 1)
    });
    (place, text.replace('¦', ""))
}

#[test]
fn the_pack_that_the_cases_change_is_sound() {
    assert_eq!(read(SOUND), []);
}

#[test]
fn each_mistake_is_told_where_it_stands() {
    let mut wrong = Vec::new();
    for case in CASES {
        assert_eq!(
            SOUND.matches(case.from).count(),
            1,
            "{:?} should stand once in the sound pack",
            case.from
        );
        let (place, text) = unmark(&SOUND.replace(case.from, case.to));
        let found = read(&text);
        let there = found.iter().any(|mistake| {
            place.is_none_or(|place| place == (mistake.line, mistake.column))
                && mistake.message.contains(case.message)
                && case.hint.is_none_or(|hint| mistake.hint.as_ref().is_some_and(|said| said.contains(hint)))
        });
        if !there || found.len() != 1 {
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            wrong.push(format!(
                "{:?} at {place:?} with {:?}, {:?}: {found:#?}",
                case.to, case.message, case.hint
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}

#[test]
fn columns_count_characters_and_files_may_have_line_ends_of_two_bytes() {
    let changed = SOUND
        .replace("title = \"A pack for tests\"", "title = \"Städte, Zürich\" # ä")
        .replace("text = \"Only with a yes.\"", "text = \"Nur mit „ja“.\"")
        .replace(
            "e.result == \"held\"\n&& e.mode",
            "e.result == \"held\" || \"é\" == \"é\"\n&& \"é\" == \"é\" && ¦f.mode",
        );
    let (place, text) = unmark(&changed);
    for text in [text.clone(), text.replace('\n', "\r\n")] {
        let found = read(&text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(Some((found[0].line, found[0].column)), place, "{}", found[0]);
    }
}

#[test]
fn all_mistakes_are_told_at_once_from_top_to_bottom() {
    let text = SOUND
        .replace("\"America/Denver\"", "\"Denver\"")
        .replace("provisions = [\"C6\"]", "provisions = [\"C9\"]")
        .replace("severity = \"V4\"", "severity = \"high\"")
        .replace("e.request_kind in", "e.kind in");
    let lines: Vec<usize> = read(&text).iter().map(|mistake| mistake.line).collect();
    assert!(lines.len() >= 4, "{lines:?}");
    assert!(lines.is_sorted(), "{lines:?}");
}
