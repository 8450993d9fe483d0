// What a person asked for last, until the server has answered it. Of several quick steps the server answers each late, and the
// answer to an earlier one must not take the page back. The scripts of several components may ask for the same thing, such as
// the depth of one side, so this is kept for the whole page.

window.askedFor ??= new Map();
const askedFor = window.askedFor; // by what is asked for: the number of the last time, its value, and what was answered then

// The value to show: what was asked for last if the server answers something earlier, else what the server says. An answer with
// a number from before the question is of a new session, which knows of no question.
export function standing(what, value, answered) {
    const last = askedFor.get(what);
    return last && last.answered <= answered && answered < last.number ? last.value : value;
}

// Notes the value that is asked for; returns what the server has to be told.
export function ask(what, value, answered) {
    const number = Math.max(answered, askedFor.get(what)?.number ?? 0) + 1;
    askedFor.set(what, { number, value, answered });
    return { number, value };
}

export const forget = (what) => askedFor.delete(what);
