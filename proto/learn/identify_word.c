/* The words that rules ask about, ascending by their letters. */
#include "proto/learn/identify_word.h"

#include <assert.h>
#include <string.h>

#define PLAIN 0 /* part of a phrase */

static const struct word words[] = {
    {"", PLAIN, 0}, /* 0 is no word */
    {"admitted", WORD_PERSON, 0},
    {"age", PLAIN, 0},
    {"aged", PLAIN, 0},
    {"and", PLAIN, 0},
    {"apr", WORD_MONTH, 4},
    {"april", WORD_MONTH, 4},
    {"at", PLAIN, 0},
    {"attended", WORD_PERSON, 0},
    {"aug", WORD_MONTH, 8},
    {"august", WORD_MONTH, 8},
    {"b", PLAIN, 0},
    {"babies", WORD_PEOPLE | WORD_PERSON, 0},
    {"baby", WORD_PEOPLE | WORD_PERSON, 0},
    {"birth", PLAIN, 0},
    {"birthdate", PLAIN, 0},
    {"birthday", PLAIN, 0},
    {"born", PLAIN, 0},
    {"both", WORD_COUNT, 2},
    {"boy", WORD_PEOPLE | WORD_PERSON, 0},
    {"boys", WORD_PEOPLE, 0},
    {"c", PLAIN, 0},
    {"care", PLAIN, 0},
    {"case", WORD_PEOPLE, 0},
    {"cases", WORD_PEOPLE, 0},
    {"centenarian", PLAIN, 0},
    {"chi", WORD_CUE | WORD_CUE_JOIN, 0},
    {"child", WORD_PEOPLE | WORD_PERSON, 0},
    {"children", WORD_PEOPLE, 0},
    {"chino", WORD_CUE | WORD_CUE_JOIN, 0},
    {"client", WORD_PEOPLE | WORD_PERSON, 0},
    {"clients", WORD_PEOPLE, 0},
    {"collapsed", WORD_PERSON, 0},
    {"colleague", WORD_PEOPLE | WORD_PERSON, 0},
    {"colleagues", WORD_PEOPLE, 0},
    {"d", PLAIN, 0},
    {"dame", WORD_TITLE, 0},
    {"date", PLAIN, 0},
    {"death", WORD_PEOPLE | WORD_PERSON, 0},
    {"deaths", WORD_PEOPLE, 0},
    {"dec", WORD_MONTH, 12},
    {"december", WORD_MONTH, 12},
    {"died", WORD_PERSON, 0},
    {"discharged", WORD_PERSON, 0},
    {"dob", PLAIN, 0},
    {"doctor", WORD_TITLE | WORD_LONG_TITLE | WORD_PEOPLE, 0},
    {"doctors", WORD_PEOPLE, 0},
    {"dr", WORD_TITLE, 0},
    {"drs", WORD_TITLE, 0},
    {"ever", PLAIN, 0},
    {"families", WORD_PEOPLE, 0},
    {"family", WORD_PEOPLE, 0},
    {"father", WORD_PEOPLE | WORD_PERSON, 0},
    {"fax", WORD_PHONE, 0},
    {"feb", WORD_MONTH, 2},
    {"february", WORD_MONTH, 2},
    {"fell", WORD_PERSON, 0},
    {"first", PLAIN, 0},
    {"five", WORD_COUNT, 5},
    {"four", WORD_COUNT, 4},
    {"gentleman", WORD_PEOPLE | WORD_PERSON, 0},
    {"girl", WORD_PEOPLE | WORD_PERSON, 0},
    {"girls", WORD_PEOPLE, 0},
    {"h", PLAIN, 0},
    {"hc", WORD_CUE_JOIN, 0},
    {"hcn", WORD_CUE | WORD_CUE_JOIN, 0},
    {"he", WORD_PERSON, 0},
    {"hosp", PLAIN, 0},
    {"hospital", PLAIN, 0},
    {"in", PLAIN, 0},
    {"individual", WORD_PEOPLE | WORD_PERSON, 0},
    {"individuals", WORD_PEOPLE, 0},
    {"infant", WORD_PEOPLE | WORD_PERSON, 0},
    {"infants", WORD_PEOPLE, 0},
    {"insurance", WORD_INSURANCE, 0},
    {"isbn", PLAIN, 0},
    {"isbns", PLAIN, 0},
    {"jan", WORD_MONTH, 1},
    {"january", WORD_MONTH, 1},
    {"jul", WORD_MONTH, 7},
    {"july", WORD_MONTH, 7},
    {"jun", WORD_MONTH, 6},
    {"june", WORD_MONTH, 6},
    {"lady", WORD_TITLE | WORD_PEOPLE | WORD_PERSON, 0},
    {"lord", WORD_TITLE | WORD_LONG_TITLE, 0},
    {"man", WORD_PEOPLE | WORD_PERSON, 0},
    {"mar", WORD_MONTH, 3},
    {"march", WORD_MONTH, 3},
    {"master", WORD_TITLE | WORD_LONG_TITLE, 0},
    {"may", WORD_MONTH, 5},
    {"men", WORD_PEOPLE, 0},
    {"midwife", WORD_PEOPLE, 0},
    {"midwives", WORD_PEOPLE, 0},
    {"miss", WORD_TITLE | WORD_LONG_TITLE, 0},
    {"mob", WORD_PHONE, 0},
    {"mobile", WORD_PHONE, 0},
    {"mother", WORD_PEOPLE | WORD_PERSON, 0},
    {"mothers", WORD_PEOPLE, 0},
    {"mr", WORD_TITLE, 0},
    {"mrn", WORD_CUE | WORD_CUE_JOIN, 0},
    {"mrs", WORD_TITLE, 0},
    {"ms", WORD_TITLE, 0},
    {"mx", WORD_TITLE, 0},
    {"near", PLAIN, 0},
    {"nhs", WORD_CUE | WORD_CUE_JOIN, 0},
    {"nhsno", WORD_CUE | WORD_CUE_JOIN, 0},
    {"nhsnumber", WORD_CUE | WORD_CUE_JOIN, 0},
    {"ni", WORD_INSURANCE, 0},
    {"nineties", PLAIN, 0},
    {"ninety", PLAIN, 0},
    {"nino", WORD_INSURANCE, 0},
    {"no", WORD_CUE_JOIN, 0},
    {"nonagenarian", PLAIN, 0},
    {"nov", WORD_MONTH, 11},
    {"november", WORD_MONTH, 11},
    {"num", WORD_CUE_JOIN, 0},
    {"number", WORD_CUE_JOIN, 0},
    {"nurse", WORD_PEOPLE, 0},
    {"nurses", WORD_PEOPLE, 0},
    {"o", PLAIN, 0},
    {"oct", WORD_MONTH, 10},
    {"october", WORD_MONTH, 10},
    {"of", PLAIN, 0},
    {"old", PLAIN, 0},
    {"oldest", PLAIN, 0},
    {"on", PLAIN, 0},
    {"one", WORD_COUNT, 1},
    {"only", PLAIN, 0},
    {"or", PLAIN, 0},
    {"over", PLAIN, 0},
    {"patient", WORD_CUE | WORD_PEOPLE | WORD_PERSON, 0},
    {"patients", WORD_CUE | WORD_PEOPLE, 0},
    {"people", WORD_PEOPLE, 0},
    {"person", WORD_PEOPLE | WORD_PERSON, 0},
    {"persons", WORD_PEOPLE, 0},
    {"phone", WORD_PHONE, 0},
    {"prisoner", WORD_PEOPLE | WORD_PERSON, 0},
    {"prisoners", WORD_PEOPLE, 0},
    {"prof", WORD_TITLE, 0},
    {"professor", WORD_TITLE | WORD_LONG_TITLE, 0},
    {"resident", WORD_PEOPLE | WORD_PERSON, 0},
    {"residents", WORD_PEOPLE, 0},
    {"rev", WORD_TITLE, 0},
    {"reverend", WORD_TITLE, 0},
    {"sep", WORD_MONTH, 9},
    {"sept", WORD_MONTH, 9},
    {"september", WORD_MONTH, 9},
    {"seven", WORD_COUNT, 7},
    {"she", WORD_PERSON, 0},
    {"single", WORD_COUNT, 1},
    {"sir", WORD_TITLE | WORD_LONG_TITLE, 0},
    {"sister", WORD_TITLE | WORD_LONG_TITLE, 0},
    {"six", WORD_COUNT, 6},
    {"staff", WORD_PEOPLE, 0},
    {"tel", WORD_PHONE, 0},
    {"telephone", WORD_PHONE, 0},
    {"th", PLAIN, 0},
    {"the", PLAIN, 0},
    {"three", WORD_COUNT, 3},
    {"time", PLAIN, 0},
    {"two", WORD_COUNT, 2},
    {"unique", PLAIN, 0},
    {"woman", WORD_PEOPLE | WORD_PERSON, 0},
    {"women", WORD_PEOPLE, 0},
    {"y", PLAIN, 0},
    {"year", PLAIN, 0},
    {"years", PLAIN, 0},
    {"yo", PLAIN, 0},
    {"youngest", PLAIN, 0},
    {"yr", PLAIN, 0},
    {"yrs", PLAIN, 0},
};

#define WORDS (sizeof words / sizeof words[0])
static_assert(WORDS <= UINT8_MAX, "an index fits in a byte");

static int compare(const char *text, size_t n, const char *word)
{
    int c = strncmp(text, word, n);
    assert(n > 0);
    return c != 0 ? c : word[n] == '\0' ? 0 : -1;
}

uint8_t word_find(const char *text, size_t n)
{
    size_t low = 1, high = WORDS;
    assert(text != NULL);
    while (n > 0 && low < high) {
        size_t middle = (low + high) / 2;
        int c = compare(text, n, words[middle].text);
        if (c == 0)
            return (uint8_t)middle;
        if (c < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return 0;
}

const struct word *word_at(uint8_t index)
{
    assert(index < WORDS);
    return &words[index];
}
