using System.Globalization;

namespace OrleansRaft.Grains.Faults;

/// <summary>Faults in words: a sentence, and the command that does the same.</summary>
internal static class FaultText
{
    /// <summary>What is the matter, as a sentence.</summary>
    public static string Sentence(Fault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        var ways = fault.IsOneWay ? "" : " and back";
        return fault.Kind switch
        {
            FaultKind.Cut => $"No message passes from {End(fault, fault.From)} to {End(fault, fault.To)}{ways}.",
            FaultKind.Delay => $"Messages from {End(fault, fault.From)} to {End(fault, fault.To)}{ways} take {fault.Milliseconds} ms longer.",
            FaultKind.Isolate => $"{Victim(fault)} neither sends to others nor hears from them.",
            FaultKind.Split => $"{Side(fault)} and the rest do not hear from each other.",
            FaultKind.Pause => $"{Victim(fault)} does nothing.",
            FaultKind.Slow => $"Writes of {Victim(fault)} take {fault.Milliseconds} ms longer.",
            FaultKind.Fail => $"The store of {Victim(fault)} fails.",
            _ => $"{Victim(fault)} is dead.",
        };
    }

    /// <summary>The <c>oraft</c> command that does the same.</summary>
    public static string Command(Fault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        var group = fault.Group is null ? "" : $" --group {fault.Group}";
        var oneWay = fault.IsOneWay ? " --one-way" : "";
        var milliseconds = fault.Milliseconds is { } slow ? $" {slow}" : "";
        var what = fault.Kind switch
        {
            FaultKind.Cut or FaultKind.Delay => $" {fault.From} {fault.To}{milliseconds}{group}{oneWay}",
            FaultKind.Split => fault.Silos is { } silos ? $" {string.Join(' ', silos)}" : $" {Join(fault.Replicas)}{group}",
            _ => fault.Silo is { } silo ? $" {silo}{milliseconds}" : $" {fault.Group}/{fault.Replica}{milliseconds}",
        };
        return $"oraft fault {fault.Kind.ToString().ToLowerInvariant()}{what} --for {fault.Seconds}";
    }

    private static string End(Fault fault, string? end) => fault.Group is { } group ? $"{group}/{end}" : end ?? "";

    private static string Victim(Fault fault) => fault.Silo ?? $"{fault.Group}/{fault.Replica}";

    private static string Side(Fault fault) => fault.Silos is { } silos
        ? string.Join(", ", silos)
        : $"Replicas {Join(fault.Replicas).Replace(" ", ", ", StringComparison.Ordinal)} of {fault.Group}";

    private static string Join(long[]? replicas) =>
        string.Join(' ', (replicas ?? []).Select(static replica => replica.ToString(CultureInfo.InvariantCulture)));
}
