namespace OrleansRaft.PostgreSql;

/// <summary>One run of a silo, as server 0 knows it by its lease.</summary>
/// <param name="Lease">The lease's id: different for every run.</param>
/// <param name="Silo">The silo's name.</param>
/// <param name="Extensions">How often the lease was extended: a run whose number does not grow for a few seconds has ended, or does not reach the
/// server.</param>
/// <param name="IsAlone">Whether it is a cluster of one silo.</param>
/// <param name="Whereabouts">Where it runs, for people.</param>
/// <param name="Age">How long ago the lease was extended, by the server's clock.</param>
internal sealed record SiloRun(long Lease, string Silo, long Extensions, bool IsAlone, string Whereabouts, TimeSpan Age);
