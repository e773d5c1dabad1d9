//! What must be let through: what the open fields of the catalogue are for, in the shapes in which clerks and systems write it.

use super::draw::{Draw, Value};

/// Streets of Denver and its neighbours, many of them named after places abroad, and common ones of other cities.
const STREETS: &str = "Colfax, Federal, Broadway, Speer, Lincoln, Cherokee, Delaware, Bannock, Larimer, Lawrence, Arapahoe, Champa, Curtis, \
Stout, California, Welton, Tremont, Court, Peoria, Havana, Quebec, Monaco, Holly, Dahlia, Jamaica, Ironton, Lima, Moline, Malta, Nepal, Netherland, \
Orleans, Perth, Qatar, Quintero, Ukraine, Uravan, Valdai, Venice, Versailles, Walden, Yampa, Zeno, Andes, Argonne, Bahama, Biscay, Cathay, \
Ceylon, Danube, Dunkirk, Ensenada, Espana, Flanders, Fundy, Genoa, Gibraltar, Halifax, Himalaya, Iran, Ireland, Jebel, Jericho, Kirk, Liverpool, Lisbon, \
Malaya, Odessa, Pagosa, Riviera, Rome, Tibet, Syracuse, Geneva, Florence, Oneida, Alton, Chester, Clinton, Dayton, Emporia, Fulton, Galena, Hanover, \
Iola, Jasper, Kingston, Lansing, Macon, Newark, Oakland, Paris, Racine, Salem, Tucson, Vaughn, Wheeling, Xanadu, Jordan, Georgia, Lebanon, Cuba, Peru, \
Panama, Mexico, Chile, Brazil, Norway, Sweden, Poland, Egypt, Morocco, Kenya, France, Germany, England, Holland, Denmark, Bolivia, Colombia, Ecuador, \
Venezuela, Costa Rica, China, India, Cyprus, Canada, Spain, Italy, Austria, Turkey Creek, Jamaica Bay, Martin Luther King, 16th, 38th, W 13th, E 58th";
const STREET_TYPES: &[&str] = &[
    "Street",
    "St",
    "St.",
    "Avenue",
    "Ave",
    "Boulevard",
    "Blvd",
    "Road",
    "Rd",
    "Drive",
    "Dr",
    "Way",
    "Parkway",
    "Pkwy",
    "Circle",
    "Lane",
    "Court",
    "Place",
];
const AFTER_STREET: &[&str] = &[
    "",
    "",
    " substation",
    " lot",
    " annex",
    " facility",
    " branch",
    " office",
    " garage",
    " desk",
    ", floor 2",
    " bldg 4",
];

const FACILITIES: &str = "Downtown Detention Center, Denver County Jail, Castro Building, City and County Building, District 1 station, \
District 6 station, Police Administration Building, County Courthouse, Central Library, Park Hill Branch Library, Ross-Cherry Creek Branch, \
Denver Health, Eastside Human Services, Westside Court, Human Services East, Juvenile Services Center, Family Crisis Center, Fire Station 6, \
Airport police bureau, Concourse B security office, Union Station, Montbello Recreation Center, Swansea Recreation Center, La Alma Recreation Center, \
Elections Division, Animal Protection, Solid Waste yard, Fleet garage, Emergency Operations Center, 911 Communications Center, Vehicle impound, Civic Center, \
Little Italy substation, Chinatown station, Germantown precinct, New Mexico State Fairgrounds, Lebanon Park, Jordan Park, Mount Lebanon library, Peru Creek, \
Cuba Gulch, Turkey Creek Canyon, Mexican Hat visitor center office, French Quarter precinct, Spanish Peaks library, Dutch Creek pump house, \
Irish Hill yard, Swedish Medical Center, Polish Hill annex, German Village station, Greek Theatre, Roman Nose Park, Indian Hills fire station, \
English Village, Jersey City desk, Georgia Avenue annex, African American Research Library, Asian Chamber, Native American housing circle";
const UNITS: &str = "Records desk, Releases desk, Intake, Booking, Front desk, Fax desk, Night shift, Warrant unit, Civil unit, Transport, Classification, Pod 4C, \
Dispatch, Traffic investigations, Patrol District 6, Gang unit, Internal Affairs, Data stewards, Victim assistance, Licensing counter, Marriage licenses, \
Passport office, Passport desk, Passport acceptance window, Benefits window 3, Subpoena desk, Open records, Independent monitor, Risk management, \
Office of Immigrant and Refugee Affairs, Latino Commission, Asian American Pacific Islander Commission, American Indian Commission, Citizens Academy, \
Citizen Oversight Board, Senior citizens center, Consular notification desk, Language access, Interpreter services, Public defender, City Attorney, \
Clerk and recorder, Technology Services, Facilities management, Parks permits, 311, Visa card desk, K-9, SWAT, Metro/SWAT, Fugitive unit, Cold case";
const AGENCIES: &str = "New Mexico State Police, Georgia State Patrol, Georgia Bureau of Investigation, Atlanta Georgia PD, Indiana State Police, New Jersey State Police, \
Texas DPS, Colorado State Patrol, Wyoming Highway Patrol, Kansas Bureau of Investigation, Aurora PD, Lakewood PD, Jefferson County Sheriff, Adams County, \
US Marshals, FBI Denver, FBI task force 3, DEA, ATF, Secret Service, ICE ERO Denver field office, HSI Denver, USCIS Denver, \
US Citizenship and Immigration Services, Customs and Border Protection, Federal Bureau of Prisons, Bureau of Indian Affairs, Indian Health Service, \
Social Security Administration, Department of State, Postal Inspection, Lebanon PA police, Peru Indiana police, Cuba NM marshal, Mexico Missouri PD, \
Norway Maine PD, Jamaica Plain precinct, Jordan Minnesota PD, Jordan Court Reporting, Paris Texas PD, Panama City Beach PD, Poland Ohio PD";
const SYSTEMS: &str = "Jail records, Dispatch log, Desk log, Odyssey, Eclipse, JMS 9.2.1, Mark43, Versadex v8, CAD 2026.3, ICON Eclipse, Account register, Visitor log, \
Fax server 2, Plate reader audit, Docket, Training register, SharePoint, e-mail, OnBase 22.1, Accela, Salesforce, Benefits CBMS, NCIC, CCIC, Justice Xchange";
const TITLES: &str = "Written advisement before a release notice, Access to secure areas, Answering administrative subpoenas, Use of plate readers, \
Order on courthouse arrests, Release procedures, Language access plan, Records retention schedule, Visitor procedures, Data sharing agreement, \
Interview advisement form, Consular notification procedure, Public records requests, Training on Ordinance 940-17, Executive Order 142, \
Detainers and judicial warrants, Reporting to Council, U.S. Marshals housing agreement, Body-worn cameras, Complaints and discipline";

const PHONES: &[&str] = &[
    "303-555-0199",
    "720-555-0199",
    "(303) 555-0199",
    "303.555.0199",
    "303 555 0199",
    "3035550199",
    "+1 303 555 0199",
    "1-303-555-0199",
    "1 (720) 913-8999",
    "13035558999",
    "Fax 303-555-0199",
    "fax (720) 555-0199",
    "x8999",
    "303-555-0199 x899",
    "Line 3 720-913-8999",
    "913-8999",
    "ext. 89999",
    "Tel. 720.913.8999",
];
const CASES: &[&str] = &[
    "2026CV31999",
    "26CR1999",
    "2026CV039999",
    "26CV0999",
    "D162026CV39999",
    "1:26-cv-00999",
    "1:26-mj-00999",
    "1:26-cr-00999-RMB",
    "26GS999999",
    "2026M09999",
    "26JV999",
    "2026-CV-9999",
    "26M99999",
    "No. 26-1999",
    "26SA99",
    "2026 COA 99M",
    "2026CR999",
    "24-cv-09999-PAB-STV",
    "A26-0999",
    "C-26-99999",
    "26-999999",
    "2026-0099999",
    "2026DR39999",
    "CV-2026-009999",
    "26-MJ-99999",
    "Case 2026-99999",
    "1:26-cv-00999-WJM-KLM",
];
const CODES: &[&str] = &[
    "I-247A",
    "I-200",
    "I-205",
    "I-247X",
    "RN-2026.9",
    "HS-999.9",
    "SANC-999",
    "MOU-2026-099",
    "MOU-2024-999",
    "OA-0999",
    "R-8999",
    "D-8999",
    "AUTO-9",
    "CO0160000",
    "COCSP0000",
    "CODPD0000",
    "NM0010000",
    "F-QHZW-7KTV-M3PX",
    "R99",
    "denver-2017",
    "2026.9",
    "9.9.99",
    "B9.999",
    "Rm 9.999",
    "Room 8999",
    "Suite 899",
    "Fax 9",
    "Fax line 99",
    "Line 9",
    "D6-899",
    "Cam 8999",
    "LPR-cam 899",
    "Unit 8999",
    "Car 899",
    "PO 99999",
    "Inv. 89999",
    "Form 8999-X",
    "v9.9.9",
    "80202",
    "80202-1999",
    "80239-8999",
    "84-8999999",
    "KQZ-8999",
    "Asset 899999",
    "Badge 89999",
    "2026-11-29",
    "11/22/2026",
    "20261122",
    "2026-11",
    "22 Nov 2026",
    "09:45",
    "Q3 2026",
    "FY2026",
    "FY 2026-27",
    "Ord. \\940-17",
    "CRS 24-76.6-102",
    "8 CFR 287.7",
    "8 USC 1373",
    "HB26-1276",
    "SB25-276",
    "2\\8-253(b)(3)",
    "A-9",
    "A.9",
    "Annex A 2026-11-22",
    "Version A 2026.11",
    "Gate A 12",
    "Pod A 899",
    "Tier A-89",
    "in 8999 Main St",
    "10.99.9.89",
    "Bed A899",
    "SID unit 9",
    "Floor 9 FIN 899",
    "Box 899999",
    "PR 8999",
    "I-\\94 lookup",
    "Envelope 89999",
];
const LINKS: &[&str] = &[
    "https://www.denvergov.org/policies/RN-2026.9",
    "https://city.example/orders/99",
    "https://denver.example/sheriff/forms/HS-999.9.pdf",
    "https://data.example/d/99999",
];

pub(crate) fn value(draw: &mut Draw) -> Value {
    let (kind, text) = match draw.below(14) {
        0..3 => ("street or a place on it", street(draw)),
        3 | 4 => ("facility", draw.word(FACILITIES).to_owned()),
        5 => ("unit", with_code(draw, UNITS)),
        6 => ("agency", draw.word(AGENCIES).to_owned()),
        7 => ("system", with_code(draw, SYSTEMS)),
        8 => ("title of a document", draw.word(TITLES).to_owned()),
        9 => ("telephone or fax", form(draw, PHONES)),
        10 => ("court case", form(draw, CASES)),
        11 | 12 => ("code, form, day or room", form(draw, CODES)),
        _ => ("link", form(draw, LINKS)),
    };
    Value { kind, text: draw.case(text) }
}

fn street(draw: &mut Draw) -> String {
    let number = if draw.chance(25) { draw.fill("8999 ") } else { String::new() };
    let direction = if draw.chance(30) { draw.pick(&["N ", "S ", "E ", "West ", "North "]) } else { "" };
    let (name, kind, after) = (draw.word(STREETS), draw.pick(STREET_TYPES), draw.pick(AFTER_STREET));
    format!("{number}{direction}{name} {kind}{after}")
}

fn with_code(draw: &mut Draw, list: &str) -> String {
    let word = draw.word(list);
    match draw.below(4) {
        0 => format!("{word} {}", draw.fill("89")),
        1 => format!("{word}, {}", draw.word(FACILITIES)),
        _ => word.to_owned(),
    }
}

fn form(draw: &mut Draw, forms: &[&str]) -> String {
    let form = draw.pick(forms);
    draw.fill(form)
}
