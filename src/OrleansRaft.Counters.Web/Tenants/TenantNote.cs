namespace OrleansRaft.Counters.Web.Tenants;

/// <summary>What is stored of a <see cref="ITenantNoteGrain"/>.</summary>
[GenerateSerializer]
[Alias("OrleansRaft.Server.TenantNote")]
internal sealed class TenantNote
{
    /// <summary>The text; null until it is written.</summary>
    [Id(0)]
    public string? Text { get; set; }
}
