using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Catalogue;

/// <summary>
/// Keys, limits of tenants and the audit, which the catalogue keeps: replicated, and the same on every silo. A service of every silo that was
/// configured with <c>AddRaftCatalogue</c>.
/// </summary>
internal interface IRaftAccess
{
    /// <summary>All keys and limits, linearizably.</summary>
    /// <param name="revision">The revision that is known already: if it is still the latest, neither is told again; -1 for none.</param>
    /// <param name="cancellation">Stops waiting.</param>
    Task<Outcome<AccessContents>> ReadAsync(long revision, CancellationToken cancellation);

    /// <summary>
    /// Waits until this silo hears of a change of keys or limits, or for a while. It hears of it within a second from any silo that it reaches and
    /// that hosts a replica of the catalogue; the wait costs the catalogue nothing.
    /// </summary>
    /// <param name="revision">The revision that is known already; -1 for none.</param>
    /// <param name="atMost">For how long to wait.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>Whether there is a later revision.</returns>
    Task<bool> WaitForChangeAsync(long revision, TimeSpan atMost, CancellationToken cancellation);

    /// <summary>Adds a key. May be repeated.</summary>
    /// <param name="key">The key.</param>
    /// <param name="onlyFirst">Whether it is refused where a key was ever added.</param>
    /// <param name="cancellation">Stops waiting.</param>
    Task<Outcome<AccessContents>> AddKeyAsync(AccessKey key, bool onlyFirst, CancellationToken cancellation);

    /// <summary>Revokes a key, for ever. May be repeated.</summary>
    /// <param name="key">Its id.</param>
    /// <param name="time">When.</param>
    /// <param name="by">Who does it.</param>
    /// <param name="force">Whether the last key of an admin may be revoked, too.</param>
    /// <param name="cancellation">Stops waiting.</param>
    Task<Outcome<AccessContents>> RevokeKeyAsync(string key, DateTimeOffset time, string by, bool force, CancellationToken cancellation);

    /// <summary>Sets what a tenant may take. May be repeated.</summary>
    /// <param name="limits">The limits; those that all are null take the tenant's own away.</param>
    /// <param name="cancellation">Stops waiting.</param>
    Task<Outcome<AccessContents>> SetLimitsAsync(TenantLimits limits, CancellationToken cancellation);

    /// <summary>Writes into the audit.</summary>
    /// <param name="entries">The entries, whose numbers do not count.</param>
    /// <param name="cancellation">Stops waiting.</param>
    Task<Outcome<AccessContents>> NoteAuditAsync(IReadOnlyList<AuditEntry> entries, CancellationToken cancellation);

    /// <summary>A part of the audit, the latest first, linearizably.</summary>
    /// <param name="before">The number before which to begin; 0 for the end.</param>
    /// <param name="limit">The most to answer with, up to 1,000.</param>
    /// <param name="cancellation">Stops waiting.</param>
    Task<Outcome<AccessContents>> ReadAuditAsync(long before, int limit, CancellationToken cancellation);
}
