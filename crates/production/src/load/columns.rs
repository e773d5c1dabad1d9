//! The columns of the load files, in their order.

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds, in a sentence.
    pub meaning: &'static str,
}

const fn column(name: &'static str, meaning: &'static str) -> Column {
    Column { name, meaning }
}

/// Every column, in the order of the files.
pub const COLUMNS: [Column; 41] = [
    column("BEGBATES", "Bates number of the document's first page."),
    column("ENDBATES", "Bates number of the document's last page."),
    column("PGCOUNT", "How many pages the PDF has."),
    column("CUSTODIAN", "The office that keeps the records."),
    column("DOCTYPE", "The type of event in words."),
    column("FILENAME", "Name of the native file."),
    column("FILEEXT", "Ending of the native file's name."),
    column("FILESIZE", "Length of the native file in bytes."),
    column(
        "SHA256HASH",
        "SHA-256 of the native file, hex. It differs from one production to another where other parts are withheld.",
    ),
    column("NATIVEPATH", "Where the native file is."),
    column("TEXTPATH", "Where the text is."),
    column("IMAGEPATH", "Where the PDF is."),
    column("TIMEZONE", "Time zone of the columns whose names end in LOCAL."),
    column(
        "EVENTTIMEUTC",
        "When it happened, by the department's record, in UTC; empty where that is not shown.",
    ),
    column("EVENTTIMELOCAL", "The same in the time zone of the production."),
    column("RECORDEDTIMEUTC", "When the department wrote it down, in UTC; empty where that is not shown."),
    column("RECORDEDTIMELOCAL", "The same in the time zone of the production."),
    column("LOGTIMEUTC", "When the ledger received it, in UTC; empty where that is not shown."),
    column("EVENTID", "The event's identifier."),
    column("EVENTTYPE", "The type of event."),
    column("EVENTVERSION", "Version of the type's schema."),
    column("DEPARTMENT", "The department that signed it."),
    column("PRODUCER", "Department and program that signed it."),
    column("SEQUENCE", "Its number in the producer's own sequence, from 0 and without gaps."),
    column("ISSUERKID", "Thumbprint of the key that signed it (RFC 7638)."),
    column("PERIOD", "The month in which it happened."),
    column("LOGORIGIN", "The ledger's name."),
    column("LOGINDEX", "Its entry in the ledger, from 0."),
    column(
        "LEAFHASH",
        "Hash of the ledger's entry, hex. It is the same in every production, whatever is withheld.",
    ),
    column("CHECKPOINTSIZE", "How many entries the checkpoint covers under which it is proved."),
    column("DISCLOSEDCOUNT", "How many slots of the event are shown and hold something."),
    column("WITHHELDCOUNT", "How many slots are withheld or sealed."),
    column("ERASEDCOUNT", "How many slots are erased for good."),
    column("ABSENTCOUNT", "How many slots are shown and hold nothing."),
    column("REDACTED", "Y where a slot is withheld, sealed or erased, else N."),
    column(
        "REDACTIONREASON",
        "Codes of the reasons, each once, joined by semicolons; the redaction log says more.",
    ),
    column("CONFIDENTIALITY", "How confidential the production is."),
    column(
        "ASSERTION",
        "Whether a person or a machine recorded it, as far as that is shown: human, machine or not_stated.",
    ),
    column(
        "LINKS",
        "Other events that it names: how they relate, identifier, and @ with the entry where it is in this production; joined by semicolons.",
    ),
    column("PRODVOL", "The volume."),
    column("SOURCE", "The department's system from which it comes; empty where that is not shown."),
];
