namespace OrleansRaft.Counters.Web.Tenants;

/// <summary>
/// A note about a tenant, kept by an ordinary grain with ordinary grain storage: what may be unreachable for a while, and need not be linearizable
/// over failures.
/// </summary>
[Alias("tenant-note")]
internal interface ITenantNoteGrain : IGrainWithStringKey
{
    /// <summary>The note; null when there is none.</summary>
    [Alias("read")]
    Task<string?> ReadAsync();

    /// <summary>Writes the note, and answers when it is stored.</summary>
    [Alias("write")]
    Task WriteAsync(string text);

    /// <summary>Deletes the note, if there is one.</summary>
    [Alias("delete")]
    Task DeleteAsync();
}
