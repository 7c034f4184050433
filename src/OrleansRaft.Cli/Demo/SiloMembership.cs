namespace OrleansRaft.Cli.Demo;

/// <summary>
/// One silo's view of the <see cref="SharedMembership"/>. When the silo is killed, it keeps writing to a copy that nobody else reads: the others hear
/// nothing of it any more, and what is left of it can still be cleared away without waiting for a table that is out of reach.
/// </summary>
/// <param name="shared">The table.</param>
internal sealed class SiloMembership(SharedMembership shared) : IMembershipTable
{
    private volatile SharedMembership table = shared;

    /// <summary>Separates the silo from the others.</summary>
    public void Kill() => table = table.Clone();

    /// <inheritdoc/>
    public Task InitializeMembershipTable(bool tryInitTableVersion) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task DeleteMembershipTableEntries(string clusterId) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate)
    {
        table.CleanUp(beforeDate);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<MembershipTableData> ReadRow(SiloAddress key) => Task.FromResult(table.ReadRow(key));

    /// <inheritdoc/>
    public Task<MembershipTableData> ReadAll() => Task.FromResult(table.ReadAll());

    /// <inheritdoc/>
    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => Task.FromResult(table.Insert(entry, tableVersion));

    /// <inheritdoc/>
    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) =>
        Task.FromResult(table.Update(entry, etag, tableVersion));

    /// <inheritdoc/>
    public Task UpdateIAmAlive(MembershipEntry entry)
    {
        table.UpdateIAmAlive(entry);
        return Task.CompletedTask;
    }
}
