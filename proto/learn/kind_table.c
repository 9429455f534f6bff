/* The kinds of records and their fields, as data.
 *
 * The order of the fields is the order in which a template asks for them and a page shows them. The help of a
 * field is read by somebody at the end of a shift: one line, plain words, what the best answer looks like. A
 * name or a type is never changed once records hold it (SPEC 10.4): a field that turned out wrong stays, and
 * a new one comes.
 *
 * Where it comes from: a lesson follows the four questions of an After Action Review; a project SQUIRE 2.0
 * and, for each change, TIDieR; a cycle plan-do-study-act; the hints name what published reports most often
 * leave out. */
#include "proto/learn/kind_table.h"

#define F(t, n, l, h) .type = FIELD_##t, .name = n, .label = l, .help = h
#define REQUIRED      .required = true
#define QUIET         .quiet = true
#define FROM(v)       .vocabulary = v
#define PARTS(p)      .parts = p, .part_count = sizeof(p) / sizeof((p)[0])

/* What every record may carry. */
#define COMMON_BUT_CONTACT                                                                                   \
    {F(LINE, "lang", "Language", "Language of the text as a code: en, cy, de, fr …"), QUIET},                \
        {F(LINE, "licence", "Licence", "How others may use this; left out: re-use with credit"), QUIET},     \
        {F(DATE, "review", "Review by",                                                                      \
           "When somebody should look whether this still holds: 2027-03 or 2027-03-31"),                     \
         QUIET, .also = "Review|Review date"},                                                               \
    {                                                                                                        \
        F(REF, "supersedes", "Supersedes",                                                                   \
          "The earlier record of this site that this one replaces; kith edit fills it in"),                  \
            QUIET                                                                                            \
    }
#define COMMON                                                                                               \
    COMMON_BUT_CONTACT,                                                                                      \
    {                                                                                                        \
        F(LINE, "contact", "Contact",                                                                        \
          "A role or a shared mailbox that can answer questions, never a person"),                           \
            QUIET                                                                                            \
    }

#define UNIT                                                                                                 \
    {                                                                                                        \
        F(LINE, "unit", "Unit", "Code or name of the ward, team or service in this site's own list"), QUIET, \
            .also = "Ward|Team|Service"                                                                      \
    }
#define TOPICS                                                                                               \
    {                                                                                                        \
        F(CODES, "topics", "Topics",                                                                         \
          "What it is about, so that others find it: falls, handover … your own words are welcome"),         \
            FROM("topic"), .also = "Topic"                                                                   \
    }
#define LINKS                                                                                                \
    {                                                                                                        \
        F(LIST, "links", "Links", "Addresses of papers, leaflets or pages that say more"), QUIET,            \
            .also = "Link|References"                                                                        \
    }
#define SETTING_HELP "Where it happened, as a kind of place: acute-ward, maternity, primary-care …"

static const struct field aim_parts[] = {
    {F(LINE, "what", "What", "What should change, for whom: falls on the ward, for everybody over 65"),
     REQUIRED},
    {F(LINE, "from", "From", "Where you started, as a number: 8.2 falls per 1,000 bed-days; or: not known"),
     REQUIRED},
    {F(LINE, "to", "To", "Where you want to be: 6.0 falls per 1,000 bed-days"), REQUIRED},
    {F(DATE, "by", "By", "By when: 2026-12 or 2026-12-31"), REQUIRED},
};

static const struct field change_parts[] = {
    {F(LINE, "what", "What", "The change in a few words: a hand-held light at every bed"), REQUIRED},
    {F(YESNO, "core", "Core", "yes: whoever copies this must keep it; no: it may be fitted to the place"),
     REQUIRED, .also = "Core part"},
    {F(LINE, "who", "Who", "The role that does it, and what they needed to learn first")},
    {F(TEXT, "how", "How", "How it is done, so that a colleague elsewhere could do it tomorrow")},
    {F(LINE, "where", "Where", "The kind of place, and what has to be there")},
    {F(LINE, "when", "When", "At what point of the day or of the patient's stay")},
    {F(LINE, "how-much", "How much", "How often, for how long, for how many"),
     .also = "When and how much|Dose"},
};

static const struct field driver_parts[] = {
    {F(LINE, "text", "Text", "The aim, a driver or an idea, in a few words"), REQUIRED},
    {F(INTEGER, "parent", "Parent", "Number of the line that this one belongs under; 0 for the first"),
     REQUIRED, QUIET},
    {F(LINE, "measure", "Measure", "Key of the measure that would show it: ASH/falls-rate"), QUIET},
};

static const struct field part_parts[] = {
    {F(LINE, "what", "Part", "Which core part of the original"), REQUIRED},
    {F(CODE, "kept", "Kept", "kept, changed or dropped"), REQUIRED, FROM("kept")},
    {F(TEXT, "how", "How changed", "What you do differently"), .also = "Changed to"},
    {F(TEXT, "why", "Why", "Why it had to be different here")},
};

static const struct field entry_parts[] = {
    {F(LINE, "code", "Code", "Lower case with hyphens; never changed afterwards"), REQUIRED},
    {F(LIST, "labels", "Labels", "One for each language: en: Falls"), REQUIRED},
    {F(LINE, "parent", "Parent", "Code of the entry that this one belongs under"), QUIET},
    {F(LIST, "alias", "Also called", "Other words that mean the same")},
    {F(CODE, "status", "Status", "active or retired"), FROM("vocab-status")},
};

static const struct field target_parts[] = {
    {F(DATE, "from", "From", "From which date the target counts"), REQUIRED},
    {F(NUMBER, "value", "Value", "The target, on the scale of the chart"), REQUIRED},
    {F(LINE, "what", "What", "Who set it, and why")},
};

static const struct field segment_parts[] = {
    {F(LINE, "start", "Start", "First period of the segment, as in the list of periods"), REQUIRED},
    {F(LINE, "reason", "Reason", "Why the limits were worked out afresh from here")},
    {F(INTEGER, "baseline", "Baseline", "How many periods the centre was worked out from")},
};

static const struct field excluded_parts[] = {
    {F(LINE, "period", "Period", "The point that is left out of the limits"), REQUIRED},
    {F(LINE, "reason", "Reason", "Why it is left out"), REQUIRED},
};

static const struct field total_parts[] = {
    {F(INTEGER, "segment", "Segment", "Number of the segment, from 1"), REQUIRED},
    {F(NUMBER, "numerator", "Numerator", "Sum over the baseline, after the policy"), REQUIRED},
    {F(NUMBER, "denominator", "Denominator",
       "Sum over the baseline; for charts without one the number of points"),
     REQUIRED},
    {F(NUMBER, "ranges", "Moving ranges", "Sum of the moving ranges over the baseline, after the policy")},
};

static const struct field flag_parts[] = {
    {F(LINE, "period", "Period", "The point that is marked"), REQUIRED},
    {F(CODE, "rule", "Rule", "Which rule fired"), REQUIRED, FROM("flag-rule")},
    {F(CODE, "kind", "Meaning", "improvement, concern, high or low"), REQUIRED, FROM("flag-kind")},
};

static const struct field annotation_parts[] = {
    {F(DATE, "date", "Date", "When it happened"), REQUIRED},
    {F(LINE, "text", "Text", "What happened, in a few words"), REQUIRED},
    {F(REF, "cycle", "Cycle", "The test that it belongs to"), QUIET},
};

static const struct field lesson_fields[] = {
    {F(LINE, "title", "Title", "One line that says what was learned, not what the topic was"), REQUIRED},
    {F(TEXT, "expected", "What was expected", "What should have happened, and why you thought so"),
     .also = "What did we expect|What was supposed to happen"},
    {F(TEXT, "happened", "What happened",
       "The facts, briefly; nothing by which somebody could know the patient or a colleague"),
     REQUIRED, .also = "What actually happened"},
    {F(TEXT, "why", "Why the difference", "What in the way of working made it so; not who"),
     .also = "Why was there a difference|Why"},
    {F(TEXT, "learned", "What we learned",
       "What you know now, or do differently now, that another team could use"),
     REQUIRED, .also = "What can be learned|What did we learn|Learning|Lesson"},
    {F(TEXT, "advice", "Advice to others", "What you would say to a ward that starts on this tomorrow"),
     .also = "Advice"},
    {F(CODE, "result", "Result", "worked, worked-in-part, no-effect, made-worse, hazard-found or good-care"),
     REQUIRED, FROM("result")},
    {F(CODE, "confidence", "Confidence",
       "one-event, several-events, measured-over-time or compared-or-studied"),
     REQUIRED, FROM("confidence"), .also = "How sure are we"},
    {F(CODE, "setting", "Setting", SETTING_HELP), REQUIRED, FROM("setting")},
    UNIT,
    {F(QUARTER, "when", "When", "The quarter, no closer: 2026-Q3"), QUIET},
    TOPICS,
    {F(CODES, "helped", "What helped",
       "What made it possible: champion, protected-time, S3.1, negotiation …"),
     FROM("enabler softt skill"), QUIET},
    {F(CODES, "lacked", "What was lacking",
       "What was missing or stood in the way: data-access, turnover, S4.1 …"),
     FROM("enabler softt skill"), QUIET},
    {F(CODES, "roles", "Roles", "Who took part: nurse, estates, patient-or-carer …"), FROM("role"), QUIET},
    {F(LINE, "population", "Population",
       "Which patients it concerns, as a group: adults over 75 on medical wards")},
    LINKS,
    {F(LINE, "on-behalf", "On behalf of", "For a lesson shared for another: a member site"), QUIET},
    COMMON,
};

static const struct field project_fields[] = {
    {F(LINE, "title", "Title", "One line: what you set out to improve, and for whom"), REQUIRED},
    {F(TEXT, "problem", "Problem", "What was wrong, how big it was, how you know"), REQUIRED,
     .also = "The problem"},
    {F(GROUP, "aim", "Aim", "What, from where, to where, by when"), REQUIRED, PARTS(aim_parts)},
    {F(CODE, "setting", "Setting", "Where the work happens, as a kind of place: acute-ward, community …"),
     REQUIRED, FROM("setting")},
    {F(CODES, "topics", "Topics",
       "What it is about, so that others find it: falls, handover … your own words are welcome"),
     REQUIRED, FROM("topic"), .also = "Topic"},
    {F(CODE, "status", "Status", "idea, active, paused, completed or abandoned"), REQUIRED, FROM("status")},
    {F(CODE, "outcome", "Outcome", "improved-sustained, improved, no-change, worse or not-yet-known"),
     REQUIRED, FROM("outcome")},
    {F(NUMBER, "progress", "Progress score",
       "IHI score from 0.5 (team formed) to 5.0 (outstanding and held)"),
     QUIET, .also = "Progress"},
    UNIT,
    {F(REF, "programme", "Programme", "The programme that this project belongs to"), QUIET},
    {F(LIST, "partners", "Partners", "Codes of sites, or sectors, that you work with"), QUIET},
    {F(DATE, "start", "Start", "When it began: 2026-01"), QUIET},
    {F(DATE, "end", "End", "When it ended, or shall end"), QUIET},
    {F(LINE, "sponsor", "Sponsor", "The role that stands behind it and clears the way: medical director"),
     QUIET},
    {F(LINE, "aligned-with", "Aligned with",
       "The work stream or priority that was there already and that this belongs to")},
    {F(CODE, "method", "Method",
       "model-for-improvement, lean, six-sigma, qsir, experience-based-co-design, audit or other"),
     FROM("method"), QUIET},
    {F(CODES, "roles", "Roles", "Who took part: nurse, ahp, patient-or-carer …"), FROM("role"), QUIET},
    {F(CODE, "led-by", "Led by", "Which of the roles led it"), FROM("role"), QUIET, .also = "Lead"},
    {F(CODES, "helped", "What helped", "champion, existing-work-stream, S1.7, negotiation …"),
     FROM("enabler softt skill"), QUIET},
    {F(CODES, "lacked", "What was lacking", "data-access, protected-time, S2.1 …"),
     FROM("enabler softt skill"), QUIET},
    {F(LIST, "measures", "Measures",
       "Keys of the measures that show it: ASH/falls-rate; outcome, process and balancing"),
     QUIET, .also = "Measure",
     .nudge = "no measure is named: fewer than half of published reports show their data over time, and "
              "nearly four in ten no "
              "process measure; name one of the outcome and one of the process"},
    {F(TEXT, "readiness", "Readiness", "What prepared people and culture before you began")},
    {F(TEXT, "rationale", "Rationale", "Why you thought that these changes would work")},
    {F(TEXT, "context", "Context", "What about this place matters: size, staff, patients, what else went on"),
     .nudge = "half of published reports leave out the context: what about this place would a reader have to "
              "know?"},
    {F(GROUPS, "changes", "Changes",
       "Each change: what, who, how, where, when, how much; and whether it is core"),
     PARTS(change_parts), .also = "Change"},
    {F(TREE, "drivers", "Drivers",
       "Your theory as a nested list: aim, primary drivers, secondary drivers, ideas"),
     PARTS(driver_parts), .also = "Driver diagram"},
    {F(TEXT, "results", "Results", "What changed, over time, with numbers; also what did not"),
     .also = "Result"},
    {F(TEXT, "unintended", "Unintended effects", "What else happened, good or bad, that nobody planned"),
     .also = "Unintended consequences|Unintended"},
    {F(TEXT, "cost", "Cost", "What it cost and what it saved, roughly")},
    {F(TEXT, "staff-time", "Staff time", "Hours a week, of whom")},
    {F(TEXT, "sustain", "How it is kept up",
       "Who keeps it going now, and how you would notice if it slipped"),
     .also = "Sustaining|Sustainability"},
    {F(TEXT, "differently", "What we would do differently", "What you would change if you began again"),
     .also = "Differently"},
    {F(TEXT, "patient-involvement", "Patient involvement",
       "How patients and carers took part in the work itself")},
    {F(TEXT, "limits", "Limits", "What the data cannot show: gaps, small numbers, other causes"),
     .also = "Limitations",
     .nudge = "say what the data cannot show: nearly half of published reports say nothing about how "
              "complete their data are"},
    {F(TEXT, "ethics", "Ethics", "Who looked at it from the side of ethics, and what they said")},
    LINKS,
    COMMON,
};

static const struct field cycle_fields[] = {
    {F(REF, "project", "Project", "The project that this test belongs to"), REQUIRED, QUIET},
    {F(INTEGER, "number", "Number", "1 for the first test, 2 for the second …"), REQUIRED, QUIET,
     .also = "Cycle"},
    {F(TEXT, "change", "Change", "What you tried, on which small scale"), REQUIRED,
     .also = "What we tried|Plan"},
    {F(TEXT, "prediction", "Prediction", "What you expected to see, as a number if you can"), REQUIRED},
    {F(YESNO, "done-as-planned", "Done as planned",
       "yes, or no and say under observations what was different"),
     REQUIRED, .also = "Do"},
    {F(TEXT, "result", "Result", "What you saw"), REQUIRED, .also = "Study"},
    {F(CODE, "matched", "Matched the prediction", "yes, partly or no"), REQUIRED, FROM("matched"),
     .also = "Matched"},
    {F(CODE, "decision", "Decision", "adopt, adapt or abandon"), REQUIRED, FROM("decision"), .also = "Act"},
    {F(LIST, "drivers", "Drivers", "Which drivers of the project this test works on")},
    {F(LINE, "scale", "Scale", "One patient, one shift, one bay, one ward")},
    {F(TEXT, "observations", "Observations", "What you did not expect")},
    {F(TEXT, "next", "Next", "What the next test will be")},
    UNIT,
    COMMON,
};

static const struct field uptake_fields[] = {
    {F(REF, "of", "Of", "The lesson or project that you take up"), REQUIRED, QUIET},
    {F(INTEGER, "change", "Change", "Number of the change in that project, if it is only one of them"),
     QUIET},
    {F(CODE, "stage", "Stage", "considering, testing, implementing, embedded or stopped"), REQUIRED,
     FROM("stage")},
    {F(CODE, "decision", "Decision", "adopt, adapt or abandon"), FROM("decision"),
     .needed_when = "stage: implementing embedded stopped"},
    UNIT,
    {F(CODE, "setting", "Setting", SETTING_HELP), FROM("setting")},
    {F(DATE, "since", "Since", "When you began: 2026-05"), QUIET},
    {F(CODE, "result", "Result", "worked, worked-in-part, no-effect, made-worse, hazard-found or good-care"),
     FROM("result")},
    {F(REF, "series", "Series", "The data that show it"), QUIET},
    {F(LINE, "effort", "Effort", "What it took: hours, of whom, over how long")},
    {F(YESNO, "would-do-again", "Would do it again", "yes or no")},
    {F(TEXT, "text", "What we found", "What those who began it, and those who come next, should know"),
     .also = "Text"},
    {F(GROUPS, "parts", "Core parts", "Each core part of the original: kept, changed or dropped, and why"),
     PARTS(part_parts), .also = "Parts"},
    COMMON,
};

static const struct field programme_fields[] = {
    {F(LINE, "title", "Title", "What the sites want to achieve together"), REQUIRED},
    {F(TEXT, "purpose", "Purpose", "Why together, and what each site gains"), REQUIRED},
    {F(GROUP, "aim", "Aim", "What, from where, to where, by when"), REQUIRED, PARTS(aim_parts)},
    {F(LIST, "measures", "Measures", "Keys of the standard set that every site reports"), REQUIRED, QUIET,
     .also = "Measure"},
    {F(TREE, "drivers", "Drivers", "The shared theory of change as a nested list"), PARTS(driver_parts),
     .also = "Driver diagram"},
    {F(LIST, "sites", "Sites", "Codes of the sites that take part"), QUIET},
    TOPICS,
    LINKS,
    COMMON,
};

static const struct field resource_fields[] = {
    {F(LINE, "title", "Title", "What it is called"), REQUIRED},
    {F(TEXT, "for", "What it is for", "What somebody can do with it, and for whom it is meant"), REQUIRED,
     .also = "Purpose"},
    {F(LINE, "link", "Link", "Where to find it: an address, or where to ask for it"), REQUIRED, QUIET},
    TOPICS,
    {F(DATE, "when", "When", "When it was made or last changed"), QUIET},
    COMMON,
};

static const struct field ask_fields[] = {
    {F(TEXT, "text", "Question", "What you want to know, and what you have tried already"), REQUIRED,
     .also = "Text|Ask"},
    TOPICS,
    {F(DATE, "wanted-by", "Wanted by", "Until when an answer helps"), QUIET},
    LINKS,
    COMMON,
};

static const struct field reply_fields[] = {
    {F(REF, "parent", "Parent", "The question, or other record, that you answer"), REQUIRED, QUIET},
    {F(TEXT, "text", "Reply", "Your answer; name the records that show it"), REQUIRED, .also = "Text|Answer"},
    LINKS,
    COMMON,
};

static const struct field thanks_fields[] = {
    {F(REF, "for", "For", "The record that helped you"), REQUIRED, QUIET},
    {F(TEXT, "text", "Thanks", "What it helped you with; never a person's name"), .also = "Text"},
    COMMON,
};

static const struct field visit_fields[] = {
    {F(LINE, "place", "Place",
       "Where you can be visited, as a kind of place: the falls team of a medical ward"),
     REQUIRED},
    {F(TEXT, "see", "What can be seen", "What a visitor can watch, try and take home"), REQUIRED},
    TOPICS,
    {F(LINE, "when", "When", "On which days, how long"), QUIET},
    LINKS,
    COMMON,
};

static const struct field site_fields[] = {
    {F(LINE, "name", "Name", "The full name of the organisation"), REQUIRED},
    {F(LINE, "code", "Code", "2 to 8 letters and digits, as in the network's list of members"), REQUIRED},
    {F(CODE, "sector", "Sector", "acute, community-health, primary-care, social-care …"), REQUIRED,
     FROM("sector"), QUIET},
    {F(LINE, "country", "Country", "Two letters: GB, IE, DK …"), REQUIRED, QUIET},
    {F(LINE, "contact", "Contact", "A role or a shared mailbox, never a person"), REQUIRED, QUIET,
     .also = "Contact role"},
    {F(CODE, "size-band", "Size", "How many people work there: 250-999 …"), FROM("size-band"), QUIET},
    {F(LIST, "services", "Services", "What the site provides: emergency department, maternity …")},
    {F(CODES, "offers", "Offers of help",
       "What you can help others with, as codes: data-analysis, falls, lean …"),
     FROM("skill softt method topic"), .also = "Offers"},
    {F(CODES, "requests", "Requests for help", "What you would like help with, as codes"),
     FROM("skill softt method topic"), .also = "Requests"},
    {F(LINE, "parent", "Parent", "Code of the organisation that this one belongs to"), QUIET},
    {F(LINE, "succeeds", "Succeeds", "Code of the organisation that this one came from"), QUIET},
    COMMON_BUT_CONTACT,
};

static const struct field vocab_fields[] = {
    {F(LINE, "name", "Name", "Name of the list: topic, setting …"), REQUIRED},
    {F(INTEGER, "version", "Version", "Higher with each change"), REQUIRED, QUIET},
    {F(GROUPS, "entries", "Entries", "Each with code and labels"), REQUIRED, PARTS(entry_parts)},
    {F(LINE, "source", "Source", "Where the list comes from")},
    COMMON,
};

static const struct field measure_fields[] = {
    {F(LINE, "key", "Key", "Short and lasting, your site's code first: ASH/falls-rate"), REQUIRED},
    {F(INTEGER, "version", "Version", "1; higher when the meaning changes, not for a change of wording"),
     REQUIRED, QUIET},
    {F(LINE, "name", "Name", "What a reader calls it: Falls per 1,000 bed-days"), REQUIRED},
    {F(CODE, "family", "Family", "outcome, process, balancing or structure"), REQUIRED, FROM("family"),
     QUIET},
    {F(LINE, "numerator", "Numerator", "What exactly is counted"), REQUIRED},
    {F(LINE, "denominator", "Denominator", "Out of what; or: none"), REQUIRED},
    {F(LINE, "per", "Per", "The scale of the plotted value: 1,000 bed-days; 100 for per cent; or 1"),
     REQUIRED, QUIET},
    {F(CODE, "direction", "Direction", "Which way is better for the plotted value: up, down or neutral"),
     REQUIRED, FROM("direction"), QUIET},
    {F(CODE, "chart", "Chart",
       "p for a proportion, u for a rate, c for a count, xmr for a value, run when in doubt"),
     REQUIRED, FROM("chart"), QUIET},
    {F(CODE, "period", "Period", "day, week, month, quarter, half, year; or event for t and g charts"),
     REQUIRED, FROM("period"), QUIET},
    {F(YESNO, "people", "People", "yes when the counts are of people, so that small ones need protection"),
     REQUIRED},
    {F(CODE, "rules", "Rules", "Rule set for signals: ptd-0.2, mdc-2023, anhoej or run-ihi"), FROM("rules"),
     QUIET},
    TOPICS,
    {F(LINE, "part-of", "Part of", "Key of the measure that this one is a part of"), QUIET},
    {F(LIST, "maps-to", "Maps to", "Keys of measures elsewhere that are nearly the same"), QUIET},
    {F(LINE, "owner", "Owner", "The role that answers for the definition"), QUIET},
    {F(INTEGER, "first-month", "First month of the year", "4 when the year begins in April"), QUIET,
     .also = "First month"},
    {F(GROUPS, "targets", "Targets", "Each with the date from which it counts, and its value"), QUIET,
     PARTS(target_parts)},
    {F(TEXT, "why", "Why it matters", "Why a patient would care about it"), .also = "Why"},
    {F(TEXT, "inclusion", "Inclusion", "Who and what counts")},
    {F(TEXT, "exclusion", "Exclusion", "Who and what does not count, and why")},
    {F(TEXT, "source", "Source of the data", "Which system, entered by whom, how complete"),
     .also = "Source"},
    COMMON,
};

static const struct field series_fields[] = {
    {F(LINE, "measure", "Measure", "Key of the measure: ASH/falls-rate"), REQUIRED},
    {F(INTEGER, "version", "Version", "Version of the measure that was counted"), REQUIRED, QUIET},
    {F(CODE, "chart", "Chart", "Type of chart that the signals were worked out with"), REQUIRED,
     FROM("chart"), QUIET},
    {F(CODE, "rules", "Rules", "Rule set that the signals were worked out with"), REQUIRED, FROM("rules"),
     QUIET},
    {F(CODE, "policy", "Policy", "How small numbers were protected, with its version: hes-2018/1"), REQUIRED,
     FROM("policy"), QUIET},
    {F(CODE, "period", "Period", "Length of one period; never event"), REQUIRED, FROM("series-period"),
     QUIET},
    {F(CODE, "icon", "Icon", "What the last point says, worked out from the raw counts at the source"),
     REQUIRED, FROM("icon"), QUIET},
    {F(LINE, "since", "Signal since", "Period in which the signal began"), QUIET},
    {F(CODE, "assurance", "Against the target", "passes, fails or hit-and-miss"), FROM("assurance"), QUIET},
    UNIT,
    {F(LIST, "periods", "Periods", "2026-01, 2026-W05, 2026-Q1, 2026-H1 or 2026, in order"), QUIET},
    {F(CELLS, "numerators", "Numerators", "One for each period: a number, hidden or missing"), QUIET,
     .also = "Numerator"},
    {F(CELLS, "denominators", "Denominators", "One for each period: a number, hidden or missing"), QUIET,
     .also = "Denominator"},
    {F(CELLS, "values", "Values", "One for each period where there is no numerator"), QUIET, .also = "Value"},
    {F(CELLS, "behind", "People behind the values", "How many people each value rests on"), QUIET},
    {F(NUMBER, "events", "Events", "For t and g charts: how many events, after the policy"), QUIET},
    {F(GROUPS, "segments", "Segments", "Where limits begin afresh: start, reason, baseline"), QUIET,
     PARTS(segment_parts)},
    {F(GROUPS, "excluded", "Excluded points", "Points left out of the limits, each with its reason"), QUIET,
     PARTS(excluded_parts)},
    {F(GROUPS, "totals", "Released totals",
       "What centre and limits are worked out from, one for each segment"),
     QUIET, PARTS(total_parts)},
    {F(GROUPS, "flags", "Flags", "Marked points, worked out from the raw counts at the source"), QUIET,
     PARTS(flag_parts)},
    {F(GROUPS, "targets", "Targets", "Each with the date from which it counts, and its value"), QUIET,
     PARTS(target_parts)},
    {F(GROUPS, "annotations", "Annotations", "What happened when, to be read beside the chart"),
     PARTS(annotation_parts)},
    LINKS,
    COMMON,
};

static const struct field addresses_fields[] = {
    {F(LIST, "addresses", "Addresses", "host:port where this site can be reached"), QUIET},
    {F(LINE, "software", "Software", "Name and version of the program that runs there"), QUIET},
};

#define KIND(num, in, n, t, w, f)                                                                            \
    {                                                                                                        \
        .number = num, .stream = in, .schema = KITH_KIND_SCHEMA, .name = n, .title = t, .what = w,           \
        .fields = f, .field_count = sizeof(f) / sizeof((f)[0])                                               \
    }
#define KIND_ELSEWHERE(num, in, n, w)                                                                        \
    {                                                                                                        \
        .number = num, .stream = in, .schema = KITH_KIND_SCHEMA, .name = n, .what = w                        \
    }

const struct kind kind_table[] = {
    KIND_ELSEWHERE(KITH_KIND_CERT, KITH_CONTROL, "cert",
                   "The keys of one epoch of a site, signed by its root"),
    KIND_ELSEWHERE(KITH_KIND_ADMIT, KITH_CONTROL, "admit", "A coordinator lets a site in"),
    KIND_ELSEWHERE(KITH_KIND_REVOKE, KITH_CONTROL, "revoke", "A coordinator takes a site out"),
    KIND_ELSEWHERE(KITH_KIND_WITHDRAW, KITH_CONTROL, "withdraw", "A record is taken back"),
    KIND(KITH_KIND_LESSON, KITH_LEARNING, "lesson", "title", "Something learned, in five minutes",
         lesson_fields),
    KIND(KITH_KIND_PROJECT, KITH_LEARNING, "project", "title",
         "An improvement project, its theory and what came of it", project_fields),
    KIND(KITH_KIND_CYCLE, KITH_LEARNING, "cycle", "change", "One test of a change: plan, do, study, act",
         cycle_fields),
    KIND(KITH_KIND_UPTAKE, KITH_LEARNING, "uptake", "text", "What became of another's idea here",
         uptake_fields),
    KIND(KITH_KIND_PROGRAMME, KITH_LEARNING, "programme", "title",
         "Several sites with one aim and one set of measures", programme_fields),
    KIND(KITH_KIND_RESOURCE, KITH_LEARNING, "resource", "title", "A tool, leaflet or course worth knowing",
         resource_fields),
    KIND(KITH_KIND_ASK, KITH_LEARNING, "ask", "text", "A question to the network", ask_fields),
    KIND(KITH_KIND_REPLY, KITH_LEARNING, "reply", "text", "An answer to a question or a remark on a record",
         reply_fields),
    KIND(KITH_KIND_THANKS, KITH_LEARNING, "thanks", "text", "Thanks for a record that helped", thanks_fields),
    KIND(KITH_KIND_VISIT, KITH_LEARNING, "visit", "place", "An invitation to come and see", visit_fields),
    KIND(KITH_KIND_SITE, KITH_LEARNING, "site", "name", "Who a member is, what it offers and asks for",
         site_fields),
    KIND(KITH_KIND_VOCAB, KITH_LEARNING, "vocab", "name", "A list of codes with their labels", vocab_fields),
    KIND(KITH_KIND_MEASURE, KITH_MEASURES, "measure", "name",
         "How something is counted, so that numbers can be compared", measure_fields),
    KIND(KITH_KIND_SERIES, KITH_MEASURES, "series", "measure", "Anonymised values of one measure over time",
         series_fields),
    KIND(KITH_KIND_ADDRESSES, KITH_STATUS, "addresses", NULL, "Where a site can be reached",
         addresses_fields),
    KIND_ELSEWHERE(KITH_KIND_RECEIPT, KITH_STATUS, "receipt", "What a site has erased, holds or refused"),
};

const uint32_t kind_table_count = sizeof kind_table / sizeof kind_table[0];

_Static_assert(sizeof project_fields / sizeof project_fields[0] <= KIND_FIELDS_MAX, "a bit for each field");
_Static_assert(sizeof change_parts / sizeof change_parts[0] <= KIND_PARTS_MAX, "a bit for each part");
_Static_assert(KIND_FIELDS_MAX <= 64, "fields fit into one word");
