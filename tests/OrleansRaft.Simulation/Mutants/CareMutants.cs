namespace OrleansRaft.Simulation.Mutants;

internal static class CareMutants
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new(
            "unmarked-apply",
            "a careful silo applies entries without marking them before",
            "Runtime",
            "Lives/MachineCare.cs",
            "if ((mark is null && !isAlone) ||",
            "if (mark is not null || (mark is null && !isAlone) ||"),
        new(
            "mark-not-durable",
            "a careful silo does not wait until a mark is durable",
            "Runtime",
            "Lives/MachineCare.cs",
            "log.WriteMark(next, isDurable => OnWritten(next, isDurable));\n                return false;",
            "log.WriteMark(next, static _ => { });\n                OnWritten(next, true);\n                return false;"),
        new(
            "suspects-never-fewer",
            "the entries among which one ended the process are never divided",
            "Runtime",
            "Lives/CarePlan.cs",
            "isFatal ? (count + Parts - 1) / Parts : count",
            "count"),
        new(
            "single-suspect-tried-again",
            "the one entry that is left to be the one that ended the process is tried again",
            "Runtime",
            "Lives/CarePlan.cs",
            "if (isSecond && count == 1)",
            "if (isSecond && count == 0)"),
        new(
            "unclean-ends-forgotten",
            "a silo does not remember that the life before ended uncleanly",
            "Runtime",
            "Lives/SiloLives.cs",
            "{ } last => (new SiloLives(false, now),",
            "{ } last => (new SiloLives(false, null),"),
    ];
}
