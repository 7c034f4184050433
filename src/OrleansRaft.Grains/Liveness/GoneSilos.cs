using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime.Liveness;

namespace OrleansRaft.Grains.Liveness;

/// <summary>
/// When a connection between silos has ended, finds out whether the process of a silo has, and lets the groups that it led elect at once instead of
/// after their timeouts.
/// </summary>
/// <remarks>
/// A connection that ends proves nothing: a majority may lose theirs to a leader that lives. So each silo's port is dialed. Only a refusal counts: no
/// process listens there any more. Whatever else happens proves nothing either, and then the timeouts decide, as where a process is paused or a link
/// is cut. A silo whose own port refuses, too, is reached in another way than its address tells, and believes no refusal.
/// </remarks>
internal sealed class GoneSilos(
    EndedConnections connections,
    ClusterMembership silos,
    GroupTable groups,
    LivenessDirectory directory,
    Lanes lanes,
    ILocalSiloDetails self,
    TimeProvider time,
    ILogger<GoneSilos> logger) : IDisposable
{
    // So that elections succeed in time when a silo led thousands of groups: as many as after a loss of which heartbeats tell.
    private const int ElectingMax = 128;

    private static readonly TimeSpan DialTimeout = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ElectionPause = TimeSpan.FromMilliseconds(10);

    // The system may close a dead process' connections before the port on which it listened.
    private static readonly TimeSpan[] Pauses = [TimeSpan.Zero, TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(50)];

    private readonly GoneLeaders<SiloAddress> leaders = new(directory);
    private readonly CancellationTokenSource stopping = new();

    // Those of which was told. They are active until the membership declares them dead.
    private readonly HashSet<SiloAddress> known = [];
    private int isLooking;
    private int hasToLook;

    /// <summary>Begins to listen.</summary>
    public void Start() => connections.Ended += OnConnectionEnded;

    /// <summary>Listens no more.</summary>
    public void Stop()
    {
        connections.Ended -= OnConnectionEnded;
        stopping.Cancel();
    }

    /// <inheritdoc/>
    public void Dispose() => stopping.Dispose();

    /// <summary>Whether a dial to a port is refused, since nobody listens there.</summary>
    internal static async Task<bool> IsRefusedAsync(EndPoint endpoint, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(DialTimeout);
        try
        {
            using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(endpoint, limit.Token);
            return false;
        }
        catch (SocketException failure)
        {
            return failure.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void OnConnectionEnded()
    {
        Volatile.Write(ref hasToLook, 1);
        if (!silos.IsStopping && Interlocked.Exchange(ref isLooking, 1) == 0)
        {
            Task.Run(LookAsync, stopping.Token).Ignore();
        }
    }

    private async Task LookAsync()
    {
        do
        {
            while (Interlocked.Exchange(ref hasToLook, 0) == 1)
            {
                await DialAllAsync();
            }

            Volatile.Write(ref isLooking, 0);
        }
        while (Volatile.Read(ref hasToLook) == 1 && Interlocked.Exchange(ref isLooking, 1) == 0);
    }

    private async Task DialAllAsync()
    {
        HashSet<SiloAddress> gone = [];
        foreach (var pause in Pauses)
        {
            await Task.Delay(pause, time, stopping.Token);
            List<SiloAddress> others =
                [.. silos.Active.Select(static place => place.Address).Where(silo => !silo.Equals(self.SiloAddress) && !gone.Contains(silo))];
            var refused = await Task.WhenAll(others.Select(silo => IsRefusedAsync(silo.Endpoint, stopping.Token)));
            if (Array.IndexOf(refused, true) < 0 || await IsRefusedAsync(self.SiloAddress.Endpoint, stopping.Token))
            {
                continue;
            }

            foreach (var silo in others.Where((_, place) => refused[place]))
            {
                gone.Add(silo);
                lanes.GiveUp(silo);
                ElectAsync(silo, isFirst: known.Add(silo)).Ignore();
            }
        }

        known.IntersectWith(silos.Active.Select(static place => place.Address));
    }

    private async Task ElectAsync(SiloAddress gone, bool isFirst)
    {
        var due = new Queue<ILocalReplica>(groups.Hosted.Where(replica => leaders.FollowedBy(replica, gone) is not null));
        if (isFirst)
        {
            Log.SiloGone(logger, silos.NameOf(gone), due.Count);
        }

        List<ILocalReplica> electing = [];
        while (due.Count > 0)
        {
            electing.RemoveAll(static replica => replica is not { IsRunning: true, Role.Leader: null });
            while (electing.Count < ElectingMax && due.TryDequeue(out var replica))
            {
                // It may have another leader by now.
                if (leaders.FollowedBy(replica, gone) is { } leader)
                {
                    replica.Driver.Post(new LeaderGone(leader));
                    electing.Add(replica);
                }
            }

            await Task.Delay(ElectionPause, time, stopping.Token);
        }
    }
}
