using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Cluster;

/// <summary>The sets of groups that this silo was configured with, and the state machines that it made. Any thread.</summary>
/// <remarks>
/// A replica disposes its own state machine when it ends. One that had no time to, because its silo was killed or gave up waiting, is disposed with
/// the silo's services.
/// </remarks>
internal sealed class StateMachineRegistry(
    IEnumerable<StateMachineRegistration> registrations,
    IServiceProvider services,
    IOptions<ClusterOptions> cluster,
    IOptions<StoreTopology> topology,
    TimeProvider time,
    ILogger<StateMachineRegistry> logger) : IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan DisposalPatience = TimeSpan.FromSeconds(5);

    private readonly ImmutableSortedDictionary<string, StateMachineRegistration> byName = ByName(registrations);
    private readonly ConcurrentDictionary<IStateMachineHost, string> alive = new();

    /// <summary>The cluster as this silo is configured.</summary>
    public ClusterDefinition Wanted => new(
        cluster.Value.ClusterId,
        [.. byName.Values.Select(registration => registration.Set)],
        topology.Value.Servers,
        [.. topology.Value.LocalStores]);

    /// <summary>
    /// Makes the state machine of one replica of a set; <see cref="EndAsync"/> ends it. Where its constructor throws, although it did not when the
    /// silo started, the replica lives all the same, halted: see <see cref="LateMachineHost"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">This silo was not configured with the set.</exception>
    public IStateMachineHost Create(string set)
    {
        if (!byName.TryGetValue(set, out var registration))
        {
            throw new InvalidOperationException($"This silo has no state machine for the set '{set}'; add it with AddRaftStateMachine.");
        }

        var machine = registration.CreateNowOrLater(services);
        alive[machine] = set;
        return machine;
    }

    /// <summary>
    /// Disposes a state machine whose replica has ended; may be repeated. It is the application's code, and whoever waits for it has a replica to
    /// move or a silo to stop: it runs on no turn, and is waited for some seconds only.
    /// </summary>
    public async ValueTask EndAsync(IStateMachineHost machine)
    {
        if (!alive.TryRemove(machine, out var set))
        {
            return;
        }

        try
        {
            await Task.Run(async () => await machine.DisposeAsync()).WaitAsync(DisposalPatience, time);
        }
        catch (TimeoutException)
        {
            Log.DisposalWaits(logger, set, DisposalPatience);
        }
        catch (Exception exception)
        {
            // The application's code, after its replica has ended: nothing depends on it any more.
            Log.DisposalFailed(logger, exception, set);
        }
    }

    /// <summary>Why a caller's types are not those of a set; null when they are, or when this silo does not know the set.</summary>
    public string? FindWrongTypes(string set, Type command, Type result)
    {
        if (!byName.TryGetValue(set, out var registration) || (registration.Types.Command == command && registration.Types.Result == result))
        {
            return null;
        }

        var types = registration.Types;
        return $"The set '{set}' was added with commands of type {types.Command.FullName} and results of type {types.Result.FullName}, "
            + "but is used with commands of type "
            + $"{command.FullName} and results of type {result.FullName}. Nothing was sent; "
            + "use GetRaftGroup and GetRaftGroupSet with the set's own types.";
    }

    /// <summary>A sentence about a set that this silo knows and the cluster does not have yet; null when this silo does not know it either.</summary>
    public string? DescribeWaiting(string set) => byName.ContainsKey(set)
        ? $"This silo is configured with the set '{set}', but the cluster does not have it yet: it is added when all silos are configured with it. "
            + "Restart the others with it, or try again."
        : null;

    /// <inheritdoc/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Task.WhenAll(alive.Keys.Select(machine => EndAsync(machine).AsTask()));

    private static ImmutableSortedDictionary<string, StateMachineRegistration> ByName(IEnumerable<StateMachineRegistration> registrations)
    {
        var byName = ImmutableSortedDictionary.CreateBuilder<string, StateMachineRegistration>(StringComparer.Ordinal);
        foreach (var registration in registrations)
        {
            if (!byName.TryAdd(registration.Set.Name, registration))
            {
                throw new InvalidOperationException(
                    $"The set '{registration.Set.Name}' was added twice; give each AddRaftStateMachine its own name.");
            }
        }

        return byName.ToImmutable();
    }
}
