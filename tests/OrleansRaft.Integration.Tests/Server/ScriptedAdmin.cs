using OrleansRaft.Core;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Integration.Tests.Server;

/// <summary>Groups as a test wants them: for what a healthy cluster never shows.</summary>
internal sealed class ScriptedAdmin : IRaftAdmin
{
    public static readonly RaftReadiness Ready = new(true, "All is well.");

    public RaftReadiness Readiness { get; set; } = Ready;

    public List<Alarm> Alarms { get; } = [];

    public List<GroupView> Groups { get; } = [];

    public Exception? Failure { get; set; }

    public List<(MembershipGoal Goal, LogIndex? Version)> Goals { get; } = [];

    public Outcome<ReplicaId> Transfer { get; set; } = new Unknown<ReplicaId>("");

    public Outcome<GroupComparison> Comparison { get; set; } = new Unknown<GroupComparison>("");

    public Outcome<EntryId> Skip { get; set; } = new Unknown<EntryId>("");

    public List<LogIndex> Skips { get; } = [];

    public Outcome<EntryId> Raise { get; set; } = new Unknown<EntryId>("");

    public List<int?> Raises { get; } = [];

    public Outcome<Configuration> Change { get; set; } = new Unknown<Configuration>("");

    public ClusterDefinition Cluster => new("scripted", [], 1, []);

    public Task<GroupPage> ListGroupsAsync(string? after, int limit, CancellationToken cancellation = default)
    {
        // The catalogue does not show among the groups.
        var shown = Groups.Where(static group => group.Set != GroupSet.Catalogue);
        var rest = shown.SkipWhile(group => after is not null && group.Group != after).Skip(after is null ? 0 : 1).ToList();
        return Failure is not null
            ? throw Failure
            : Task.FromResult(new GroupPage([.. rest.Take(limit)], rest.Count > limit ? rest[limit - 1].Group : null));
    }

    public Task<GroupView?> GetGroupAsync(string group, CancellationToken cancellation = default) =>
        Task.FromResult(Groups.FirstOrDefault(view => view.Group == group));

    public Task<Outcome<GroupComparison>> CompareAsync(string group, CancellationToken cancellation = default) => Task.FromResult(Comparison);

    public Task<IReadOnlyList<Entry>?> ReadLogAsync(string group, LogIndex after, int limit, CancellationToken cancellation = default) =>
        Task.FromResult<IReadOnlyList<Entry>?>(null);

    public Task<Outcome<ReplicaId>> TransferLeadershipAsync(string group, ReplicaId? target, CancellationToken cancellation = default) =>
        Task.FromResult(Transfer);

    public Task<Outcome<Configuration>> ChangeMembersAsync(
        string group, MembershipGoal goal, LogIndex? expectedVersion = null, CancellationToken cancellation = default)
    {
        Goals.Add((goal, expectedVersion));
        return Task.FromResult(Change);
    }

    public Task<Outcome<EntryId>> SkipEntryAsync(string group, LogIndex entry, CancellationToken cancellation = default)
    {
        Skips.Add(entry);
        return Task.FromResult(Skip);
    }

    public Task<Outcome<EntryId>> UpgradeMachineAsync(string group, int? version, CancellationToken cancellation = default)
    {
        Raises.Add(version);
        return Task.FromResult(Raise);
    }

    public Task<Outcome<IReadOnlyList<ReplicaId>>> DeleteRemovedAsync(string group, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    public Task<Outcome<Decommissioning>> DecommissionAsync(string silo, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    public Task<RaftReadiness> CheckReadinessAsync(CancellationToken cancellation = default) => Task.FromResult(Readiness);

    public Task<IReadOnlyList<Alarm>> ListAlarmsAsync(CancellationToken cancellation = default) => Task.FromResult<IReadOnlyList<Alarm>>(Alarms);
}
