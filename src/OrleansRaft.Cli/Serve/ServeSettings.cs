using System.Net;
using OrleansRaft.Cli.Serve.Tls;
using OrleansRaft.Cli.Tls;

namespace OrleansRaft.Cli.Serve;

/// <summary>Where a silo keeps its logs.</summary>
internal enum StoreKind
{
    /// <summary>One file in <c>--data</c>.</summary>
    Sqlite,

    /// <summary>One or more PostgreSQL servers that every silo reaches.</summary>
    Postgres,

    /// <summary>Nowhere: gone with the process.</summary>
    Memory,
}

/// <summary>How silos find each other.</summary>
internal enum ClusteringKind
{
    /// <summary>They do not: one silo is the cluster.</summary>
    Localhost,

    /// <summary>By a membership table on the first PostgreSQL server.</summary>
    Postgres,
}

/// <summary>Everything <c>oraft serve</c> was told, checked and with defaults filled in.</summary>
internal sealed record ServeSettings
{
    /// <summary>The silo's name: stable across restarts, different for every silo.</summary>
    public required string SiloName { get; init; }

    /// <summary>The address of the HTTP API and the page.</summary>
    public required string Http { get; init; }

    /// <summary>The address by which other silos reach this one, and on which it listens.</summary>
    public required IPAddress SiloAddress { get; init; }

    /// <summary>The port for other silos.</summary>
    public required int SiloPort { get; init; }

    /// <summary>The port for Orleans clients.</summary>
    public required int GatewayPort { get; init; }

    /// <summary>Where logs are kept.</summary>
    public required StoreKind Store { get; init; }

    /// <summary>The folder of local stores, absolute.</summary>
    public required string Data { get; init; }

    /// <summary>Connection strings: replica k of a group logs to server (k - 1) mod n.</summary>
    public required IReadOnlyList<string> Postgres { get; init; }

    /// <summary>How silos find each other.</summary>
    public required ClusteringKind Clustering { get; init; }

    /// <summary>The cluster's name.</summary>
    public required string ClusterId { get; init; }

    /// <summary>How many groups the counters are spread over.</summary>
    public required int Groups { get; init; }

    /// <summary>How many voters each group starts with.</summary>
    public required int Replicas { get; init; }

    /// <summary>The silo's certificates; null for none.</summary>
    public TlsSettings? Tls { get; init; }

    /// <summary>Whether requests need an API key.</summary>
    public bool AsksForKeys { get; init; }

    /// <summary>The file with the key of the first admin; null for none.</summary>
    public PemFile? AdminKeyFile { get; init; }

    /// <summary>Names under which HTTP may be asked, besides addresses, <c>localhost</c> and those in the certificate.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Whether plain text and requests without a key are meant, beyond loopback too.</summary>
    public bool IsInsecure { get; init; }

    /// <summary>How many connections there may be at once, at all ports together.</summary>
    public int Connections { get; init; } = int.MaxValue;

    /// <summary>For how long the silo serves on after it was told to stop.</summary>
    public required TimeSpan Drain { get; init; }
}
