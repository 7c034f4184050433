using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace OrleansRaft.Cli.Serve.Membership;

/// <summary>
/// Orleans' membership table, into which this silo never writes times that lie behind those of the others: they would take it, while it joins, for
/// one that hangs for as long as its clock is behind, and evict it.
/// </summary>
/// <param name="inner">The table.</param>
/// <param name="time">The clock.</param>
internal sealed class SteadyMembershipTable(IMembershipTable inner, TimeProvider time) : IMembershipTable
{
    private long newest = DateTime.MinValue.Ticks;

    /// <summary>Puts one before the table that a silo has.</summary>
    public static void Use(IServiceCollection services)
    {
        var table = services.Last(static service => service.ServiceType == typeof(IMembershipTable) && !service.IsKeyedService);
        services.Replace(ServiceDescriptor.Singleton<IMembershipTable>(provider => new SteadyMembershipTable(
            (IMembershipTable)(table.ImplementationFactory?.Invoke(provider)
                ?? ActivatorUtilities.CreateInstance(provider, table.ImplementationType!)),
            provider.GetRequiredService<TimeProvider>())));
    }

    /// <inheritdoc/>
    public Task InitializeMembershipTable(bool tryInitTableVersion) => InitializeMembershipTableAsync(tryInitTableVersion, CancellationToken.None);

    /// <inheritdoc/>
    public Task InitializeMembershipTableAsync(bool tryInitTableVersion, CancellationToken cancellationToken) =>
        inner.InitializeMembershipTableAsync(tryInitTableVersion, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteMembershipTableEntries(string clusterId) => DeleteMembershipTableEntriesAsync(clusterId, CancellationToken.None);

    /// <inheritdoc/>
    public Task DeleteMembershipTableEntriesAsync(string clusterId, CancellationToken cancellationToken) =>
        inner.DeleteMembershipTableEntriesAsync(clusterId, cancellationToken);

    /// <inheritdoc/>
    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => CleanupDefunctSiloEntriesAsync(beforeDate, CancellationToken.None);

    /// <inheritdoc/>
    public Task CleanupDefunctSiloEntriesAsync(DateTimeOffset beforeDate, CancellationToken cancellationToken) =>
        inner.CleanupDefunctSiloEntriesAsync(beforeDate, cancellationToken);

    /// <inheritdoc/>
    public Task<MembershipTableData> ReadRow(SiloAddress key) => ReadRowAsync(key, CancellationToken.None);

    /// <inheritdoc/>
    public async Task<MembershipTableData> ReadRowAsync(SiloAddress key, CancellationToken cancellationToken) =>
        Look(await inner.ReadRowAsync(key, cancellationToken));

    /// <inheritdoc/>
    public Task<MembershipTableData> ReadAll() => ReadAllAsync(CancellationToken.None);

    /// <inheritdoc/>
    public async Task<MembershipTableData> ReadAllAsync(CancellationToken cancellationToken) => Look(await inner.ReadAllAsync(cancellationToken));

    /// <inheritdoc/>
    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => InsertRowAsync(entry, tableVersion, CancellationToken.None);

    /// <inheritdoc/>
    public Task<bool> InsertRowAsync(MembershipEntry entry, TableVersion tableVersion, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        entry.StartTime = NotBehind(entry.StartTime);
        entry.IAmAliveTime = NotBehind(entry.IAmAliveTime);
        return inner.InsertRowAsync(entry, tableVersion, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) =>
        UpdateRowAsync(entry, etag, tableVersion, CancellationToken.None);

    /// <inheritdoc/>
    public Task<bool> UpdateRowAsync(MembershipEntry entry, string etag, TableVersion tableVersion, CancellationToken cancellationToken) =>
        inner.UpdateRowAsync(entry, etag, tableVersion, cancellationToken);

    /// <inheritdoc/>
    public Task UpdateIAmAlive(MembershipEntry entry) => UpdateIAmAliveAsync(entry, CancellationToken.None);

    /// <inheritdoc/>
    public Task UpdateIAmAliveAsync(MembershipEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        entry.IAmAliveTime = NotBehind(entry.IAmAliveTime);
        return inner.UpdateIAmAliveAsync(entry, cancellationToken);
    }

    /// <summary>How far the clocks of the others are ahead is what the newest of their times says; one that is behind says nothing.</summary>
    private MembershipTableData Look(MembershipTableData table)
    {
        foreach (var (entry, _) in table.Members)
        {
            if (entry.Status != SiloStatus.Dead && entry.IAmAliveTime.Ticks > Volatile.Read(ref newest))
            {
                Volatile.Write(ref newest, entry.IAmAliveTime.Ticks);
            }
        }

        return table;
    }

    private DateTime NotBehind(DateTime told)
    {
        var now = new DateTime(Math.Max(time.GetUtcNow().UtcDateTime.Ticks, Volatile.Read(ref newest)), DateTimeKind.Utc);
        return told < now ? now : told;
    }
}
