namespace OrleansRaft.Server;

/// <summary>The headings under which the operations of the API stand, in the order in which they are shown.</summary>
internal static class ApiTags
{
    public const string Counters = "Counters";
    public const string Tenants = "Tenants";
    public const string Groups = "Groups";
    public const string Events = "Events";
    public const string Faults = "Faults";
    public const string Lab = "Lab";
    public const string Operations = "Operations";

    /// <summary>All of them, each with what stands under it.</summary>
    public static IReadOnlyList<(string Name, string Description)> All { get; } =
    [
        (Counters, "Linearizable counters of a tenant: each belongs to one Raft group."),
        (Tenants, "Notes about tenants, which an ordinary grain keeps."),
        (Groups, "The Raft groups: who leads them, what their logs hold, and who their members are."),
        (Events, "What happens in the cluster, as server-sent events."),
        (Faults, "Faults on purpose, each with a time after which it heals. Off unless Faults:Enabled is set."),
        (Lab, "Scenarios that are played on the real algorithm under virtual time."),
        (Operations, "Health and metrics, for supervisors and monitoring."),
    ];
}
