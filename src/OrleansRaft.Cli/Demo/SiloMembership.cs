using Orleans;
using Orleans.Runtime;

namespace OrleansRaft.Cli.Demo;

/// <summary>One silo's view of the <see cref="SharedMembership"/>, which can be taken from it: a dead process writes no table.</summary>
/// <param name="table">The table.</param>
internal sealed class SiloMembership(SharedMembership table) : IMembershipTable
{
    private volatile bool isDead;

    /// <summary>Refuses everything from now on.</summary>
    public void Kill() => isDead = true;

    /// <inheritdoc/>
    public Task InitializeMembershipTable(bool tryInitTableVersion) => Answer(() => true);

    /// <inheritdoc/>
    public Task DeleteMembershipTableEntries(string clusterId) => Answer(() => true);

    /// <inheritdoc/>
    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => Answer(() =>
    {
        table.CleanUp(beforeDate);
        return true;
    });

    /// <inheritdoc/>
    public Task<MembershipTableData> ReadRow(SiloAddress key) => Answer(() => table.ReadRow(key));

    /// <inheritdoc/>
    public Task<MembershipTableData> ReadAll() => Answer(table.ReadAll);

    /// <inheritdoc/>
    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => Answer(() => table.Insert(entry, tableVersion));

    /// <inheritdoc/>
    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) =>
        Answer(() => table.Update(entry, etag, tableVersion));

    /// <inheritdoc/>
    public Task UpdateIAmAlive(MembershipEntry entry) => Answer(() =>
    {
        table.UpdateIAmAlive(entry);
        return true;
    });

    private Task<T> Answer<T>(Func<T> work) => isDead
        ? Task.FromException<T>(new IOException("The demo killed this silo; a dead process reaches no membership table."))
        : Task.FromResult(work());
}
