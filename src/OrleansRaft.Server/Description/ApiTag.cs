namespace OrleansRaft.Server.Description;

/// <summary>A heading of the API's description, under which operations stand. The document has those that are used.</summary>
/// <param name="Name">The heading.</param>
/// <param name="Description">What stands under it, in a sentence.</param>
/// <param name="Order">Its place: tags are shown in ascending order, and the server's own take 100 to 400.</param>
public sealed record ApiTag(string Name, string Description, int Order)
{
    internal static readonly ApiTag Groups =
        new("Groups", "The Raft groups: who leads them, what their logs hold, and who their members are.", 100);

    internal static readonly ApiTag Events = new("Events", "What happens in the cluster, as server-sent events.", 200);

    internal static readonly ApiTag Faults =
        new("Faults", "Faults on purpose, each with a time after which it heals. Off unless Faults:Enabled is set.", 300);

    internal static readonly ApiTag Access = new("Access", "API keys, and who changed what.", 380);

    internal static readonly ApiTag Operations = new("Operations", "Health and metrics, for supervisors and monitoring.", 400);
}
