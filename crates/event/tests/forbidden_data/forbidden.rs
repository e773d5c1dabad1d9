//! What must be refused: numbers of a person in the shapes that forms and systems give them, and words of origin and status.

use super::draw::{Draw, Value};

/// A character or two read wrongly by a scanner.
pub(crate) const MISREAD: &str = "misread by a scanner";
/// Numbers that neither have a shape of their own nor a label: counted, and no bound is claimed.
pub(crate) const SHAPELESS: &str = "numbers without shape or label (no claim)";

/// Countries as the Yearbook of Immigration Statistics and other lists of federal forms name them.
const COUNTRIES: &str = "Afghanistan, Albania, Algeria, Angola, Antigua-Barbuda, Argentina, Armenia, Aruba, Australia, Austria, Azerbaijan, Bahamas, \
Bahrain, Bangladesh, Barbados, Belarus, Belgium, Belize, Benin, Bermuda, Bhutan, Bolivia, Bosnia-Herzegovina, Botswana, Brazil, Bulgaria, \
Burkina Faso, Burma, Burundi, Cabo Verde, Cambodia, Cameroon, Canada, Cape Verde, Central African Republic, Chile, China, Colombia, \
Congo, Costa Rica, Cote d'Ivoire, Croatia, Cuba, Curacao, Cyprus, Czech Republic, Czechia, Democratic Republic of Congo, Denmark, Djibouti, \
Dominica, Dominican Republic, Ecuador, Egypt, El Salvador, Equatorial Guinea, Eritrea, Estonia, Eswatini, Ethiopia, Fiji, Finland, France, Gabon, \
Gambia, Germany, Ghana, Greece, Grenada, Guatemala, Guinea, Guinea-Bissau, Guyana, Haiti, Honduras, Hong Kong, Hungary, Iceland, India, \
Indonesia, Iran, Iraq, Ireland, Israel, Italy, Ivory Coast, Jamaica, Japan, Kazakhstan, Kenya, Korea, Kosovo, Kuwait, Kyrgyzstan, Laos, Latvia, \
Lebanon, Lesotho, Liberia, Libya, Lithuania, Luxembourg, Macau, Macedonia, Madagascar, Malawi, Malaysia, Maldives, Mali, Malta, \
Marshall Islands, Mauritania, Mauritius, Mexico, Moldova, Mongolia, Montenegro, Morocco, Mozambique, Myanmar, Namibia, Nepal, Netherlands, \
New Zealand, Nicaragua, Niger, Nigeria, North Korea, North Macedonia, Norway, Oman, Pakistan, Palestine, Panama, Papua New Guinea, Paraguay, \
Peru, Philippines, Poland, Portugal, Qatar, Romania, Russia, Rwanda, Saudi Arabia, Senegal, Serbia, Seychelles, Sierra Leone, Singapore, \
Slovakia, Slovenia, Somalia, South Africa, South Korea, South Sudan, Spain, Sri Lanka, St. Kitts-Nevis, St. Lucia, \
St. Vincent and the Grenadines, Sudan, Suriname, Sweden, Switzerland, Syria, Taiwan, Tajikistan, Tanzania, Thailand, Togo, Tonga, \
Trinidad and Tobago, Tunisia, Turkey, Turkmenistan, Uganda, Ukraine, United Arab Emirates, United Kingdom, Uruguay, Uzbekistan, Venezuela, \
Vietnam, Western Sahara, Yemen, Zambia, Zimbabwe, Soviet Union, Yugoslavia, México, Perú, Haití, República Dominicana, Brasil, España, Panamá, \
Canadá, Japón, Rusia, Ucrania, Etiopía, Egipto, Marruecos, Siria, Irak, Corea del Sur, Filipinas, Turquía, Alemania, Francia, Inglaterra";

const NATIONALITIES: &str = "Afghan, Albanian, Algerian, Angolan, Argentine, Argentinian, Armenian, Australian, Austrian, Azerbaijani, Bahamian, \
Bangladeshi, Barbadian, Belarusian, Belgian, Belizean, Beninese, Bhutanese, Bolivian, Bosnian, Brazilian, Bulgarian, Burkinabe, Burmese, \
Burundian, Cambodian, Cameroonian, Canadian, Chadian, Chilean, Chinese, Colombian, Congolese, Costa Rican, Croatian, Cuban, Cypriot, Czech, \
Djiboutian, Dominican, Ecuadorian, Ecuadorean, Egyptian, Emirati, Eritrean, Estonian, Ethiopian, Fijian, Filipino, Filipina, Gabonese, Gambian, \
Georgian, Ghanaian, Grenadian, Guatemalan, Guinean, Guyanese, Haitian, Honduran, Hungarian, Indonesian, Iranian, Iraqi, Israeli, Italian, \
Ivorian, Jamaican, Japanese, Jordanian, Kazakh, Kenyan, Korean, Kosovar, Kurdish, Kuwaiti, Kyrgyz, Laotian, Latvian, Lebanese, Liberian, \
Libyan, Lithuanian, Macedonian, Malagasy, Malaysian, Malian, Mauritanian, Mexican, Moldovan, Mongolian, Moroccan, Mozambican, Namibian, \
Nepalese, Nepali, Nicaraguan, Nigerian, Nigerien, Norwegian, Omani, Pakistani, Palestinian, Panamanian, Paraguayan, Peruvian, Portuguese, \
Qatari, Romanian, Russian, Rwandan, Salvadoran, Salvadorian, Saudi, Senegalese, Serbian, Singaporean, Slovak, Slovenian, Somali, South African, \
South Korean, South Sudanese, Sri Lankan, Sudanese, Surinamese, Syrian, Taiwanese, Tajik, Tanzanian, Thai, Tibetan, Togolese, Trinidadian, \
Tunisian, Turkish, Turkmen, Ugandan, Ukrainian, Uruguayan, Uzbek, Venezuelan, Vietnamese, Yemeni, Zambian, Zimbabwean, Hondurans, Mexicans, \
Cubans, Haitians, Venezuelans, Guatemalans, Salvadorans, Ukrainians, Russians, Somalis, Iranians, mexicano, mexicana, mexicanos, hondureño, \
hondureña, hondureños, salvadoreño, salvadoreña, guatemalteco, guatemalteca, guatemaltecos, nicaragüense, venezolano, venezolana, venezolanos, \
cubano, cubana, colombiano, colombiana, ecuatoriano, ecuatoriana, peruano, peruana, boliviano, boliviana, chileno, chilena, argentino, argentina, \
dominicano, dominicana, haitiano, haitiana, brasileño, brasileña, panameño, costarricense, paraguayo, uruguaya, chino, rusa, ucraniana, africano";

/// Words that are somebody's origin only where the text says so.
const SAID_TO_BE: &str = "Jordan, Georgia, Chad, Jersey, English, Spanish, French, German, Polish, Irish, Dutch, Danish, Swiss, Greek, Indian, Arab, \
European, African, Scottish, Welsh";

const STATUS: &str = "undocumented, undocumented person, illegal alien, illegal immigrant, illegals, criminal alien, removable alien, visa overstay, \
overstayed visa, overstayed his visa, DACA, DACA recipient, dreamer, TPS holder, TPS, asylum seeker, asylee, asylum applicant, refugee, LPR, \
lawful permanent resident, permanent resident, green card holder, green card, no papers, unlawfully present, out of status, deportable, EWI, \
entered without inspection, entry without inspection, naturalized, naturalized citizen, US citizen, U.S. citizen, USC or LPR, noncitizen, \
non-citizen, not a citizen, visa expired, expired visa, H-1B, H-1B visa, H2A worker, U visa applicant, T visa, student visa, tourist visa, \
work permit expired, special immigrant juvenile, conditional resident, stateless, final order of removal, removal order, previously deported, \
prior deportation, illegal reentry, reentry after removal, illegal entry, crossed the border, immigration status, citizenship status, legal status, \
status: unlawful, unauthorized immigrant, foreign national, foreign born, foreign-born, alien, aliens, deportee, noncitizens, \
employment authorization, humanitarian parole, withholding of removal, in removal proceedings, country of birth, place of birth, nationality, \
national origin, born in, birthplace, indocumentado, indocumentada, indocumentados, sin papeles, no tiene papeles, ilegal, ilegales, \
residente permanente, residente legal, ciudadano, ciudadana americana, estatus migratorio, estado migratorio, sin estatus, solicitante de asilo, \
refugiado, refugiada, deportado, deportada, situación migratoria, permiso de trabajo, visa vencida, tarjeta verde, nacionalidad, \
país de nacimiento, lugar de nacimiento, nacido en, ciudadanía, cruzó la frontera, orden de deportación";

/// Short texts in which such a word may stand in a field that has another purpose.
const AROUND: &[&str] = &[
    "{}",
    "{}",
    "{}",
    "from {}",
    "({})",
    "{} male",
    "{}, male",
    "{} - see file",
    "Booking ({})",
    "Intake desk / {}",
    "Desk 4 {}",
    "Records desk, {}",
    "Unit 7: {}",
    "subject {}",
    "subject is {}",
    "inmate {}",
    "Fax 2 {}",
    "Window 3 for {}",
    "detainee, {}",
    "Downtown Detention Center {}",
    "Pod 4C, {}",
    "Spanish line, {}",
    "note {}",
    "{} x2",
    "{}/{}",
    "{}?",
    "1 {} 2 others",
    "{} #12",
    "ICE hold {}",
    "Family of {}",
    "Jail records {}",
];
const ORIGIN_SAID: &[&str] = &[
    "citizen of {}",
    "born in {}",
    "from {}",
    "{} national",
    "{} citizen",
    "native of {}",
    "{} passport",
    "{} embassy",
    "{} nationals",
];
const AROUND_NUMBER: &[&str] = &[
    "{}",
    "{}",
    "{}",
    "{}.",
    "({})",
    "Desk {}",
    "file {}",
    "File: {}",
    "ref {}",
    "{} p. 2",
    "{}, page 2",
    "Booking {}",
    "Fax 2 / {}",
    "see {}",
    "Unit 4 ({})",
    "Records desk {}",
    "no. {}",
    "#{}",
    "{} A. B.",
    "Intake {} north",
    "{};",
    "Case {}",
    "Detainer {}",
];

const ALIEN: &[&str] = &[
    "A999999999",
    "A99999999",
    "a999999999",
    "A-999999999",
    "A 999 999 999",
    "A-999-999-999",
    "A#999999999",
    "A# 999-999-999",
    "A: 999999999",
    "A999-999-999",
    "A 99999999",
    "A99 999 999",
    "A99-999-999",
    "A.999.999.999",
    "A/999999999",
    "A099999999",
    "A0 99 999 999",
    "Alien No. A999999999",
    "A-Number: 999999999",
    "A# 9999999",
    "A-file A99999999",
    "(A)999999999",
    "AA999999999 A999999999",
    "USCIS# 999-999-999",
    "A_999_999_999",
];
const SOCIAL: &[&str] = &[
    "999-99-9999",
    "999-99-9999",
    "999 99 9999",
    "999.99.9999",
    "999/99/9999",
    "999_99_9999",
    "999–99–9999",
    "999999999",
    "SSN 999-99-9999",
    "SSN: 999999999",
    "SS# 999-99-9999",
    "ssn ending 9999",
    "SSN last four 9999",
    "Social Security No. 999 99 9999",
    "ITIN \\988-78-9999",
    "999 - 99 - 9999",
    "ssn#999999999",
    "999-999-999",
    "999 999 999",
];
const PASSPORT: &[&str] = &[
    "X99999999",
    "999999999",
    "passport X9999999",
    "Passport no. XX999999",
    "Passport # X999999",
    "pasaporte X99999999",
    "PASSPORT 99999999",
    "passport: XX9999999",
    "G99999999",
    "E99999999",
    "C99999999",
    "N99999999",
    "Passport No 999999999",
    "passport number X9999999X",
];
const ADMISSION: &[&str] = &[
    "999999999X9",
    "I-\\94 999999999X9",
    "I-\\94 # 99999999999",
    "I\\94 99999999999",
    "I-\\94: 999999999 99",
    "88899999999",
    "i-\\94 no. 999999999X9",
    "999999999 99",
    "Admission number 999999999X9",
    "99999999\\9a9",
];
const FBI: &[&str] = &[
    "FBI 999999XX9",
    "FBI# 999999X9",
    "FBI No. 99999X9",
    "FBI: 999999XX9",
    "FBI number 9999999",
    "FBI no 999999X99",
    "UCN 9XX9X99X9",
    "fbi #999999X",
    "UCN: 99999999X",
    "FBI ID 999999XX9",
    "FBI/UCN 999999XX9",
];
const STATE_ID: &[&str] = &[
    "CO9999999",
    "SID CO9999999",
    "SID: 9999999",
    "SID# 99999999",
    "T\\X99999998",
    "CA99999998",
    "State ID 99999999",
    "SID No. 999999",
    "State identification number 9999998",
    "NM-9999998",
    "CO 9999998",
    "sid co9999998",
    "Texas SID 99999998",
    "FL9999998",
];
const RECEIPT: &[&str] = &[
    "EAC9999999999",
    "WAC-99-999-99999",
    "IOE9999999999",
    "MSC 99 999 99999",
    "lin9999999999",
    "SRC9999999999",
    "Subject ID 999999999",
    "FIN 9999999999",
    "Subject ID: 9999999999",
];
const NO_SHAPE: &[&str] =
    &["X9999999", "X999999", "999999X9", "99999XX9", "A9999999", "99999999", "XX999999", "999999"];

pub(crate) fn value(draw: &mut Draw) -> Value {
    let (kind, text) = match draw.below(24) {
        0..3 => ("A-number", number(draw, ALIEN)),
        3..6 => ("social security number", number(draw, SOCIAL)),
        6 | 7 => ("passport number", number(draw, PASSPORT)),
        8 => ("I-94 number", number(draw, ADMISSION)),
        9 => ("FBI number", number(draw, FBI)),
        10 => ("state identification number", number(draw, STATE_ID)),
        11 => ("immigration case number", number(draw, RECEIPT)),
        12..15 => ("country", worded(draw, COUNTRIES, AROUND)),
        15..18 => ("nationality", worded(draw, NATIONALITIES, AROUND)),
        18 => ("origin said in so many words", worded(draw, SAID_TO_BE, ORIGIN_SAID)),
        19..21 => ("status", worded(draw, STATUS, AROUND)),
        21 | 22 => (MISREAD, misread(draw)),
        _ => (SHAPELESS, number(draw, NO_SHAPE)),
    };
    Value { kind, text }
}

fn number(draw: &mut Draw, forms: &[&str]) -> String {
    let form = draw.pick(forms);
    let number = draw.fill(form);
    let number = draw.case(number);
    draw.pick(AROUND_NUMBER).replace("{}", &number)
}

fn worded(draw: &mut Draw, list: &str, around: &[&str]) -> String {
    let mut word = draw.word(list).to_owned();
    if draw.chance(12) {
        word = word.replace(' ', draw.pick(&["-", "_", "  ", "."]));
    }
    if draw.chance(10) {
        // Accents written as marks of their own, as some systems do.
        word = word
            .replace('é', "e\u{301}")
            .replace('ñ', "n\u{303}")
            .replace('á', "a\u{301}")
            .replace('í', "i\u{301}");
    }
    let text = draw.pick(around).replace("{}", &word);
    draw.case(text)
}

/// What a scanner makes of it: a letter for a digit in a number, a digit or two letters for a letter in a word.
fn misread(draw: &mut Draw) -> String {
    let (text, swaps): (String, &[(&str, &str)]) = if draw.chance(50) {
        let forms = if draw.chance(50) { &ALIEN[..8] } else { &SOCIAL[..5] };
        let form = draw.pick(forms);
        (draw.fill(form), &[("0", "O"), ("1", "l"), ("1", "I"), ("5", "S"), ("8", "B"), ("2", "Z")])
    } else {
        let list = if draw.chance(50) { COUNTRIES } else { NATIONALITIES };
        (
            draw.word(list).to_owned(),
            &[("o", "0"), ("l", "1"), ("i", "1"), ("m", "rn"), ("s", "5"), ("a", "4"), ("e", "3")],
        )
    };
    let fitting: Vec<&(&str, &str)> = swaps.iter().filter(|(good, _)| text.contains(good)).collect();
    match fitting.len() {
        0 => text,
        some => {
            let (good, bad) = fitting[draw.below(some)];
            text.replacen(good, bad, 1)
        }
    }
}
