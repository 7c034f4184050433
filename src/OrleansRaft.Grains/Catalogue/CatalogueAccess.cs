using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Catalogue;

/// <inheritdoc cref="IRaftAccess"/>
internal sealed class CatalogueAccess(IGrainFactory grains, AccessSignal signal, TimeProvider time) : IRaftAccess
{
    private const string Key = "access";
    private const int NameLengthMax = 128;

    /// <inheritdoc/>
    public Task<Outcome<AccessContents>> ReadAsync(long revision, CancellationToken cancellation) =>
        QueryAsync(new ReadAccess(revision), cancellation);

    /// <inheritdoc/>
    public Task<bool> WaitForChangeAsync(long revision, TimeSpan atMost, CancellationToken cancellation) =>
        signal.WaitHeardAsync(revision, atMost, time, cancellation);

    /// <inheritdoc/>
    public Task<Outcome<AccessContents>> AddKeyAsync(AccessKey key, bool onlyFirst, CancellationToken cancellation) =>
        SubmitAsync(new AddAccessKey(key with { Id = Short(key.Id, nameof(key)) }, onlyFirst), cancellation);

    /// <inheritdoc/>
    public Task<Outcome<AccessContents>> RevokeKeyAsync(string key, DateTimeOffset time, string by, bool force, CancellationToken cancellation) =>
        SubmitAsync(new RevokeAccessKey(key, time, by, force), cancellation);

    /// <inheritdoc/>
    public Task<Outcome<AccessContents>> SetLimitsAsync(TenantLimits limits, CancellationToken cancellation) =>
        SubmitAsync(new SetTenantLimits(limits with { Tenant = Short(limits.Tenant, nameof(limits)) }), cancellation);

    /// <inheritdoc/>
    public Task<Outcome<AccessContents>> NoteAuditAsync(IReadOnlyList<AuditEntry> entries, CancellationToken cancellation) =>
        SubmitAsync(new NoteAudit(entries), cancellation);

    /// <inheritdoc/>
    public Task<Outcome<AccessContents>> ReadAuditAsync(long before, int limit, CancellationToken cancellation) =>
        QueryAsync(new ReadAudit(before, limit), cancellation);

    /// <summary>What becomes a key of the state: too long a one would halt the group.</summary>
    private static string Short(string name, string argument) => name is { Length: > 0 and <= NameLengthMax }
        ? name
        : throw new ArgumentException($"The name must have 1 to {NameLengthMax} characters.", argument);

    private async Task<Outcome<AccessContents>> QueryAsync(AccessCommand query, CancellationToken cancellation) => AccessOf(
        await grains.GetRaftGroupSet<CatalogueCommand, CatalogueContents>(GroupSet.Catalogue).QueryGroupAsync(
            0, query, ReadConsistency.Linearizable, cancellation));

    private async Task<Outcome<AccessContents>> SubmitAsync(AccessCommand command, CancellationToken cancellation) => AccessOf(
        await grains.GetRaftGroup<CatalogueCommand, CatalogueContents>(GroupSet.Catalogue, Key).SubmitAsync(command, null, cancellation));

    private static Outcome<AccessContents> AccessOf(Outcome<CatalogueContents> outcome) => outcome switch
    {
        Committed<CatalogueContents> committed => new Committed<AccessContents>(committed.Value.Access!, committed.Entry, committed.Group),
        Rejected<CatalogueContents> rejected => new Rejected<AccessContents>(
            rejected.Reason, rejected.Leader, rejected.RetryAfter, rejected.Detail),
        Unknown<CatalogueContents> unknown => new Unknown<AccessContents>(unknown.Detail),
        _ => throw new InvalidOperationException($"An outcome is {outcome.GetType()}, which is none of the three."),
    };
}
