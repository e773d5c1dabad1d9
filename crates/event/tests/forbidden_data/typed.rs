//! Values as somebody might type them, one by one, separated by `|` and line ends. The scan was improved by what it got wrong here; how it
//! did on each list when that was new stands in ARCHITECTURE.md.

/// Forbidden.
pub(crate) const FORBIDDEN: &str = "
Guatemalan consulate called | he is Honduran | El Salvador passport seen | mother in Michoacan, Mexico
speaks only Mam, Guatemala | Desk B - Venezolanos | Cuban parolee | Ecuador / no ID | Nicaragua 2019 entry
fam. in Haiti | Haitian TPS | Afghan SIV holder | Ukraine U4U | Congolese family | Burmese interpreter
Nepali speaker | Somali male 24 | eritrean nationals x3 | Iraq/Syria | Born: Peru | POB Jamaica | COB: Colombia
Ctzn MEXICO | mexican natl | Chinese national w/o visa | S. Korea | Rep. of Congo | Viet Nam | Trinidad
Salvadoreña de 30 años | hondureños en celda 4 | Repub. Dominicana | indocumentados | no legal papers
overstay since 2019 | illegal entrant | USC | LPR since 2011 | DACA exp 2027 | asylum pending | has I-589 pending
refugee family | green-card | undocumented worker | ICE says removable | status adjusted | U-visa
VAWA petitioner | naturalised 2015 | prev. removed | ilegal en el pais | residente permanente
con visa de turista | apátrida | A 087 654 321 | a#87654321 | A00 087654321 | alien reg 087-654-321
A087654321/2 | Alien # 087654321 | AN 087654321 | 078-05-1120 | SSN 078051120 | SS No 078 05 1120
soc sec 078-05-1120 | last4 SSN 1120 | ITIN 912-70-1234 | I-94 No. 11122233344 | I94# 123456789B2
arrival record 123456789B2 | ppt A1234567 | passport C01234567 | PP# G12345678 | pasaporte num 123456789
FBI No. 123456AB7 | FBI#1234567 | UCN 1A2B3C4D5 | FBI/ 98765XA1 | CO SID 1234567 | SID CO-1234567
State ID# CO1234567 | AZ12345678 | IOE0912345678 | receipt EAC2190012345 | fin# 1234567890 | subject ID 345678901
Cédula 001-1234567-8 | Mex. ID | citizen of Chad | Jordanian | from Georgia (Tbilisi) | Turk | Turkish man
Indian national | Hmong | K'iche' speaker | A-088 123 456 | AFile#088123456 | a088123456 | A88123456.
alien# 088123456 | A#088-123-456/ICE | A 088123456 (old) | A:88-123-456 | USCIS #088-123-456 | 219-09-9999
ss 219 09 9999 | SSN xxx-xx-9999 / 219099999 | 219.09.9999 per booking | soc. sec. no. 219-09-9999
ITIN: 900-70-0000 | tax id 912-88-1234 | G01234567 | MX passport G01234567 | Pasaporte: E1234567
ppt no 123456789 | Passport (US) 565656565 | psprt C1234567 passport | US passport 5656 56565 | I-94: 00112233445
I94 no 1122334455A1 | 112233445A1 | arrival no. 112233445 66 | I-94 # 11223344 501 | FBI# 334455LB2
FBI 33445LB2 | FBI No 1234567 | UCN ABC12D3E4 | 334455LB2 | SID CO 2233445 | CO2233445 | SID#2233445
Colo. SID 2233445 | st id no. 2233445 | NM12345678 | State ID No.: TX07654321 | EAC-21-900-12345 | LIN2190012345
IOE 0912345678 | subject id 0012345678 | FIN: 0012345678 | Mexicans | two Guatemalan males | Venezuelan group
Honduras/Tegus | citizen Nicaragua | de Colombia | vino de Cuba | es salvadoreño | dominicanas | Ecuadorians (4)
Brazilian cook | Haiti 2010 | Port-au-Prince, Haiti | Lagos, Nigeria | ERITREA | Ethiopian church member
Sudan (South) | Congo-Brazzaville | DRC | Cameroonian | Ghana visa | Senegal | Mauritanian asylum | Egyptian
Moroccan | Syrians | Iraqi interpreter program | Iranian | Afghan evacuee | Pakistani | India | Punjab, India
Nepal | Bangladesh | Burma | Viet | Vietnamese | Laos | Hmong elder | Cambodian | Thai national | Filipina nurse
China (PRC) | Fujian, China | N. Korean | Mongolian | Russian speaker | Ukr. national | Moldova | Romanian
Kosovo | Albanian | Polish citizen | German passport | Irish national | Brit | Canadian | Jamaica | Belize
Guyanese | born abroad | birth country unknown | native country | country of citizenship: none given
undocumented | w/o papers | has no immigration papers | in US illegally | illegal immigrant | entered illegally
crossed illegally | visa overstay | overstayed | expired visa | visa revoked | green card | lost green card | LPR
permanent resident | cond. permanent resident | US citizen | USC by birth | naturalized | not a US citizen
non-citizen | DACA | TPS | asylum | asylee | refugee | parolee (humanitarian parole) | SIJ status
U visa pending | T-visa | VAWA | deported 2x | prior removal | final removal order | deportable alien
alien in removal | EAD exp. | work permit | student visa F-1 | H2B | immigration status unknown | status unknown
lawful status | unlawful presence | sin documentos | indocumentado | no tiene papeles | residente | ciudadana
con TPS | refugiada | asilo | orden de deportación | ilegal | A-091 555 444 | Anum 91555444 | A 91-555-444
file A091555444 (2 vols) | A.91555444 | #A091555444 | A091 555 444 | Alien Reg # 91555444 | USCIS no. 091555444
457-55-5462 | 457 55 5462 (SSN) | SSN/457555462 | ss# 457-55-5462 | SSN ends 5462 | 457_55_5462
social sec 457-55-5462 | tin 945-71-2222 | 457555462 | N7654321 passport | Passport # N07654321 | N07654321
passport/765432109 | PASAPORTE G07654321 | Hond. passport F123456 | passport no: AB1234567 | pass port 765432109
76543210987 | 765432109C8 | I 94 #765432109C8 | I-94 76543210987 | I94=76543210987 | Adm. no. 765432109C8
FBI no. 7654KB1 | FBI #765432V10 | fbi number 765432 | 765432VA1 | UCN: 7654V2XB1 | SID 765432 | SID CO0765432
CO0765432 | State ID number 765432 | KS76543219 | Wy. SID WY7654321 | WAC2155501234 | MSC-21-555-01234
FIN# 7654321098 | Hondurans | Guatemala City | San Salvador, El Salvador | a Cuban couple | Mexican ID card
Mexican consulate | Consulado de Mexico | Venezolana, 24 | Peruvian, f | Colombianas | from Ecuador via Panama
Nicas / Nicaragua | Argentine | Paraguay | Uruguayan | Bolivianos | Chilena | Belizean | Puerto Rican
Dominican Rep. | Haitians | Jamaican male | Bahamian | Guyana | Surinam | Canadian citizen | British subject
Irish citizen | Spaniard | Portuguese | Italian passport | Greek national | Bosnian | Serb | Croat | Bulgarian
Hungarian | Slovak | Belarus | Georgian national | Armenian | Azeri | Uzbek | Kazakhstan | Tajik | Kyrgyzstan
Turkmen | Turkey | Kurd | Lebanese | Palestinian | Israeli | Jordanian citizen | Saudi student | Yemeni | Kuwait
Omani | Somalia | Djibouti | Kenyan | Tanzanian | Ugandan | Rwandan | Burundian | Zambia | Malawian | Zimbabwe
South African | Angolan | Gabon | Togolese | Benin | Ivorian | Guinea-Conakry | Sierra Leonean | Liberian
Gambian | Malian | Libyan | Tunisian | Algeria | Sri Lankan | Bhutanese | Tibetan | Indonesian | Malaysian
Singaporean | Taiwanese | Japanese | Samoan | Tongan | Fijian | Aussie | nationality not asked
ctry of origin: n/a | origin country | birth place | undocumented male | illegal | illegals x3 | no status
no lawful status | out-of-status | overstayed tourist visa | visa violator | B-2 overstay | green card expired
conditional green card | LPR 5 yrs | lawful permanent resident alien | US citizen | dual citizen
naturalized 2012 | noncitizen | alien | inadmissible alien | deportable | DACA renewal | dreamer | TPS El Salv
asylum seeker | asylum denied | refugee | paroled in 2022 | humanitarian parolee | U-visa victim | T visa holder
VAWA self petition | SIJS | removed in 2015 | prior deport | reentry after removal | final order | in proceedings
EWI 2018 | entered w/o inspection | work authorization | has EAD | F-1 student | H1B | immigration status
indocumentada | sin papeles | ilegales | residente legal | ciudadano | refugiado | asilada | deportado 2x
con DACA | permiso de trabajo
";

/// Harmless.
pub(crate) const HARMLESS: &str = "
Blair-Caldwell Library | Wellington branch | Sun Valley HUB | Ruby Hill Park | Green Valley Ranch
Five Points station | RiNo substation | Globeville | Elyria-Swansea | Barnum branch | Athmar Park
Little Saigon district office | Havana Street corridor | Colfax & Peoria | E. Iliff and S. Havana
Jewell / Monaco | Mississippi Ave | S Jamaica Ct | 12000 E Iran Pl | Nepal Way lot | Malta St garage
S Ireland Way | Peru St & 2nd | Old Cuba Road | Brazil Street, Suite 4 | Panama Pl | Lebanon Hills park
Polish American club | Norway Pine Rd | Turkey Run | China Creek trail | Mexico Ave | 2000 S Colorado Blvd
1437 Bannock St Rm 350 | Rm 201-B | Cell 4-C-12 | Bed 14B | Pod 5D lower | Tier 3 | Sallyport 2 | Court 3H
Courtroom 4A | Div. 5 | Div 21 clerk | 2d Judicial District | County Court Gen. Sessions | 17th JD
10th Cir. 26-1123 | Denver Dist. Ct. 2026CV30123 | 26CV30123 | 2026CR004412 | No. 1:26-cv-01123-RMR | 26-mc-00087
23SC911 | 26T1234567 | Muni 26M012345 | E0123456 | Ticket 8123456 | CR# 26-123456 | GO 2026-4412 | CAD 26-0412345
INC0123456 | REQ-0098123 | CHG0045123 | Asset DSD-004512 | S/N 4CE0123XYZ | MAC 00-1A-2B | 10.20.30.40 | vlan 120
v10.2.14-b3 | build 20261122.3 | 720-337-0400 | (720) 337-0400 opt 2 | 303 640 5000 | fax: 720.337.0499
+13033370400 | ext 50400 | DSN 555-0142 | 80204 | Denver, CO 80204-2800 | PO Box 40789 | Acct 0012
GL 01000-3021 | Fund 11801 | EIN 84-6000580 | FY26 Q2 | 11/22/26 0938 | 2026-W47 | 22NOV2026 | 0938 hrs | T+6h
Georgia-Pacific lot | Georgia DOC extradition | Jordan gym | Chad court 2 | Officer of the day
Israel Ave | Indiana DOC | New Mexico Corrections | Oregon DOJ hotline | U.S. Attorney D. Colo.
FBI Rocky Mountain RCFL | USCIS field office | CBP Port 3307 | ERO DFO | HSI SAC Denver | DHS OIG
Spanish interpreter line | ASL interpreter | French press room | Polish the floors crew | English as taught
Dutch door counter | Immigrant Legal Services Fund | New American welcome desk | Refugee Affairs
Passport photos counter | Citizenship class room 2 | Naturalization ceremony | Denver Health Main
Stapleton annex | Ruby Hill yard | Hampden branch library | Virginia Village | University Park
Washington Park rec | Montclair | Bear Valley branch | Harvey Park | Sloan's Lake | Jefferson Park
Berkeley substation | West Colfax BID | Mexico City Lounge lot | Cuba Cuba Cafe lot | Little Italy lot
Santa Fe Drive | S Quebec St | E Jewell Ave | Jamaica St & E Colfax | 2300 Malta St | S Espana Way | N Uruguay Ct
13000 Andes Cir | Via Roma Ln | Panama Canal Rd | Egypt Valley trail | Israel Hills school | China Wok bldg
Chile Verde plaza | Peru Elementary | Lebanon Ave garage | Jordan Rd annex | Ireland Dr gate | France Ave
Kenya Dr | Bolivia Way | Unit 12 | B shift | Swing shift | PM watch | Cmd post 3 | Records & ID | NCIC desk
Warrants / civil | Sgt's office | Watch cmdr | Property bureau | Evidence vault 2 | CCIC terminal 4 | ID bureau
Pretrial services | Work release | Home detention | Court liaison | Medical 2nd fl | Law library | Chaplain
Mail room | Kitchen | Laundry | Case 2026CR001187 | 2026CV31877 | 26-cv-01877-PAB | D0162026CR001187 | 22CA1187
Cty Ct 26M04412 | JV-26-00412 | DR 2026-30877 | PR30112 | 26S0412 | F26-118 | 303-964-1187 | (303)9641187
720.865.1187 | 3039641187 | +1 (303) 964-1187 | 964-1187 x4 | Fax: 303-964-1188 | 1 303 964 1187 | ext. 41187
TTY 711 | I-247A rev 3/17 | I-200 (9/16) | Form I-205 | DHS-247D | DSD 1187 | DPD 679 | GO-26-118 | PO 4500011877
INV-0011877 | Ver. 2026.11.22 | r1187 | Bldg 65 | Rm B-118 | Ste 1187 | Level P2 | 80216-1187
Parcel 02345-01-118 | Lic. 2026-BFN-0011877 | Permit 2026-LOG-0001187 | CO0160100 | CODPD0000 | ORI CO0160200
GPS 39.73, -104.99 | Georgia State Patrol | Jersey City PD | Kansas City MO PD | Lebanon County PA | Peru IL PD
Cuba MO marshal | Norway ME PD | New Mexico DPS | Brazil IN police | Polish-made latch door | English muffin cart
Spanish line 2 | Refugee affairs | Passport agency | Citizenship clinic | USCIS | ICE ERO | FBI Safe Streets TF
State ID office | Gateway annex | Marston yard | Lowry substation | Sand Creek | Bonnie Brae | Cole-Whittier
Skyland rec ctr | Mayfair | Hilltop | Belcaro | Overland golf | Ruby Hill | Valverde | Villa Park | Sunnyside
Chaffee Park | Regis | Northfield | DIA terminal | Peña Blvd | W Mexico Ave | 2100 E Iliff | S Gaylord
Cuba St lot | N Nepal Ct | S Ukraine St | 16000 E Cyprus Ave | E Bolivia Dr | Lebanon St annex | Iran Ct
Jamaica St shops | S Netherland Cir | Lisbon Way | Danube Gate | E Ireland Ln | China Poblana lot
Scotland Yard trailer | Georgia Rd | Jordan Creek | Columbia Sportswear lot | India Pale Ale House lot
Peru Hall | Panama Bldg | Jersey St | Chad's garage | St Vincent hospital | Squad 3 | C watch | Admin sgt
Grievance | Disciplinary | Mental health | Sick call | Commissary | Bond desk | Bail window | Payments
Inmate records | Photo lab | Fingerprints | DNA collection | Extraditions | Fugitive/warrants | Civil process
Evictions | K9 | Bomb squad | Airport detail | Night court | Traffic court | Drug court | 26CR2290 | 2026CR002290
26-cr-00290-NYW-2 | 1:26-cv-02290-GPG | D0032026CV32290 | 26M2290 | 2026T002290 | 26GV512290 | 26CA2290 | 26SC229
Case no. 26-2290 | JD 26-229 | 720-944-2290 | (720)944-2290 | 7209442290 | 1-720-944-2290 | +17209442290
720/944-2290 | 944.2290 | fax 720 944 2291 | x2290 | pager 2290 | Radio 2-290 | I-247A (3/17) | I-200 9/16 ed.
ICE 71-003 | DSD-229 | Form 229 | OM 229.01 | PM-26-04 | GO 229 | TB 2026-11 | Rev. 11/26 | Rev 20261101 | B-229
Locker 229 | Bldg 229-C | Suite 2290 | 80202-2290 | PO 8002290 | Inv 00022900 | Req 26-22900 | WO#229001
SN 22900A7 | CO0160000 | CODPD0100 | NM State Police | Lebanon OH PD | Cuba IL sheriff | Norway, MI | Mexico MO
Poland, OH | Jamaica NY precinct 103 | Indian Hills FD | French toast cart | Dutch Bros lot
Danish furniture row | Welsh corgi unit | Passport fair | Naturalization class | Visa gift cards found | ICE ERO
USCIS lobby | Alien wall art | State ID kiosk | FBI academy | FBI NICS desk | SID sergeant | FIN dept
";

/// The values of a list.
pub(crate) fn values(list: &'static str) -> Vec<&'static str> {
    list.split(['|', '\n']).map(str::trim).filter(|value| !value.is_empty()).collect()
}
