using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansRaft.Cli.Client;
using OrleansRaft.Sqlite;

namespace OrleansRaft.Cli.Demo;

/// <summary>Three silos in this process, each with a file of its own in a temporary folder, behind one HTTP address.</summary>
internal sealed class DemoCluster : IAsyncDisposable
{
    private readonly DemoClusterParts parts;
    private readonly DemoKiller killer;
    private readonly DemoSilo[] silos;
    private readonly SemaphoreSlim healing = new(1);

    private DemoCluster(string folder, IReadOnlyList<DemoSiloIdentity> identities, DemoClusterParts parts, DemoKiller killer)
    {
        Folder = folder;
        this.parts = parts;
        this.killer = killer;
        silos = [.. identities.Select(identity => new DemoSilo(identity, parts))];
        Door = new FrontDoor(() => silos);
        killer.Attach(() => silos, HealAsync);
    }

    /// <summary>The silos, dead ones too.</summary>
    public IReadOnlyList<DemoSilo> Silos => silos;

    /// <summary>The folder of the stores.</summary>
    public string Folder { get; }

    /// <summary>The one HTTP address.</summary>
    public FrontDoor Door { get; }

    /// <summary>Elections as they are won.</summary>
    public DemoEvents Events => parts.Events;

    /// <summary>Makes the stores and the silos; nothing runs until <see cref="StartAsync"/>.</summary>
    public static async Task<DemoCluster> CreateAsync(TimeProvider time)
    {
        var folder = Directory.CreateTempSubdirectory("oraft-demo-").FullName;
        var identities = new List<DemoSiloIdentity>();
        var stores = new List<string>();
        for (var number = 1; number <= DemoClusterParts.Replicas; number++)
        {
            var name = $"silo-{number}";
            identities.Add(new DemoSiloIdentity(name, Path.Combine(folder, name), FreePort.Next(), FreePort.Next()));
            stores.Add(await MakeStoreAsync(identities[^1]));
        }

        var killer = new DemoKiller(time);
        return new DemoCluster(folder, identities, new DemoClusterParts(new SharedMembership(), stores, new DemoEvents(time), killer), killer);
    }

    /// <summary>Starts every silo, and opens the front door: first of all, since its address may be taken.</summary>
    /// <param name="http">Where the door listens; null: on the usual port, or on a free one when that is taken.</param>
    /// <param name="cancellation">Interrupts.</param>
    public async Task StartAsync(IPEndPoint? http, CancellationToken cancellation)
    {
        await Door.OpenAsync(http, cancellation);
        await Task.WhenAll(silos.Select(silo => silo.StartAsync(cancellation)));
    }

    /// <summary>The running silo that leads the most groups; null when none leads any.</summary>
    public DemoSilo? FindLeader(IReadOnlyList<GroupAnswer> groups)
    {
        var name = groups.Select(group => group.LeaderReplica?.Silo).Where(IsRunning).GroupBy(silo => silo).MaxBy(led => led.Count())?.Key;
        return silos.FirstOrDefault(silo => silo.Identity.Name == name);
    }

    /// <summary>Reconnects isolated silos, and gives dead ones a new life with their old identity.</summary>
    /// <param name="which">Which silos to heal, if they need it.</param>
    /// <param name="cancellation">Interrupts.</param>
    /// <returns>The names of the silos that were healed.</returns>
    public async Task<IReadOnlyList<string>> HealAsync(Func<DemoSilo, bool> which, CancellationToken cancellation)
    {
        var healed = new List<string>();
        await healing.WaitAsync(cancellation);
        try
        {
            for (var i = 0; i < silos.Length; i++)
            {
                if (which(silos[i]) && await HealAsync(i, cancellation))
                {
                    healed.Add(silos[i].Identity.Name);
                }
            }
        }
        finally
        {
            healing.Release();
        }

        return healed;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        killer.Dispose();
        await Door.DisposeAsync();
        await Task.WhenAll(silos.Select(silo => silo.DisposeAsync().AsTask()));
        Events.Dispose();
        healing.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private async Task<bool> HealAsync(int place, CancellationToken cancellation)
    {
        var silo = silos[place];
        switch (silo.State)
        {
            case DemoSiloState.Isolated:
                silo.Reconnect();
                return true;
            case DemoSiloState.Killed:
                await silo.WaitUntilGoneAsync();
                silos[place] = new DemoSilo(silo.Identity, parts);
                await silos[place].StartAsync(cancellation);
                return true;
            default:
                return false;
        }
    }

    private bool IsRunning(string? name) => silos.Any(silo => silo.Identity.Name == name && silo.State == DemoSiloState.Running);

    /// <summary>Makes a silo's file, whose id the cluster row names before any silo starts.</summary>
    private static async Task<string> MakeStoreAsync(DemoSiloIdentity identity)
    {
        await using var store = SqliteLogStore.Open(
            new SqliteStoreOptions { Directory = identity.Directory }, TimeProvider.System, NullLogger.Instance);
        return store.LocalId;
    }
}
