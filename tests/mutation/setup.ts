import fc from "fast-check";

/**
 * Under mutation a property's examples are the same in every run, so that a mutant's fate is no matter of chance, and a failure
 * is not made shorter: it is only counted.
 */
fc.configureGlobal({ seed: 20_261_124, endOnFailure: true });
