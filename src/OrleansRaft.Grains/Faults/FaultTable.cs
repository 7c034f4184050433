using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Events;
using OrleansRaft.Grains.Replicas;

namespace OrleansRaft.Grains.Faults;

/// <summary>The faults in force, as this silo knows them, and what they do to it. Each heals by itself when its time is over. Any thread.</summary>
internal sealed class FaultTable(
    GroupTable groups,
    ClusterMembership silos,
    LinkFaults links,
    EventRecorder events,
    ILocalSiloDetails self,
    IOptions<FaultOptions> options,
    TimeProvider time,
    ILogger<FaultTable> logger) : IFaultSource, IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, ActiveFault> active = new(StringComparer.Ordinal);
    private readonly HashSet<SiloAddress> cutHere = [];
    private readonly HashSet<SiloAddress> slowHere = [];

    /// <inheritdoc/>
    public bool IsEnabled => options.Value.Enabled;

    /// <summary>The faults in force, the oldest first, each with the time until it heals.</summary>
    public IReadOnlyList<(Fault Fault, TimeSpan HealsIn)> All
    {
        get
        {
            lock (gate)
            {
                return
                [
                    .. active.Values.OrderBy(static one => one.Fault.BeganAt).ThenBy(static one => one.Fault.Id, StringComparer.Ordinal)
                        .Select(one => (one.Fault, Left(one))),
                ];
            }
        }
    }

    /// <summary>Puts a fault in force. Does nothing when it is already.</summary>
    /// <param name="fault">Which.</param>
    /// <param name="isAskedHere">Whether this silo was asked for it: then it tells those who watch.</param>
    public void Begin(Fault fault, bool isAskedHere)
    {
        lock (gate)
        {
            if (active.ContainsKey(fault.Id))
            {
                return;
            }

            var timer = time.CreateTimer(_ => HealInTime(fault), null, TimeSpan.FromSeconds(fault.Seconds), Timeout.InfiniteTimeSpan);
            active.Add(fault.Id, new ActiveFault(fault, time.GetTimestamp(), timer, isAskedHere));
        }

        Enforce();
        Unquiesce(fault);
        if (isAskedHere)
        {
            events.Record(new FaultEvent(fault, IsHealed: false));
        }
    }

    /// <summary>Whether a fault is in force.</summary>
    public bool Has(string id)
    {
        lock (gate)
        {
            return active.ContainsKey(id);
        }
    }

    /// <summary>Takes a fault away. Who asked for that tells those who watch.</summary>
    public void Heal(string id) => Remove(id);

    /// <summary>A silo is back, so it is dead no more.</summary>
    public void OnSiloBack(string name)
    {
        List<string> over;
        lock (gate)
        {
            over = [.. active.Values.Where(one => one.Fault.Kind == FaultKind.Kill && one.Fault.Silo == name).Select(static one => one.Fault.Id)];
        }

        over.ForEach(HealAndTell);
    }

    /// <summary>Makes the links and the replicas of this silo what the faults want. Called again whenever silos come and go.</summary>
    public void Enforce()
    {
        lock (gate)
        {
            if (active.Count == 0 && cutHere.Count == 0 && slowHere.Count == 0 && !groups.Hosted.Any(static replica => replica.Faults is not null))
            {
                return;
            }

            EnforceLinks();
            foreach (var replica in groups.Hosted)
            {
                replica.Faults = FaultsOf(replica.Slot);
            }
        }
    }

    /// <inheritdoc/>
    public IReplicaFaults? FaultsOf(ReplicaSlot slot)
    {
        lock (gate)
        {
            return active.Count == 0 ? null : ReplicaFaults.Of(slot, self.Name, active.Values.Select(static one => one.Fault));
        }
    }

    /// <summary>The faults that this silo was asked for, as another silo should take them over: with the time that is left.</summary>
    public IReadOnlyList<Fault> AskedHere()
    {
        lock (gate)
        {
            return
            [
                .. active.Values.Where(static one => one.IsAskedHere).Select(
                    one => one.Fault with { Seconds = (int)Math.Ceiling(Left(one).TotalSeconds) }),
            ];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            foreach (var one in active.Values)
            {
                one.Timer.Dispose();
            }
        }
    }

    private void HealAndTell(string id)
    {
        if (Remove(id) is { IsAskedHere: true } healed)
        {
            events.Record(new FaultEvent(healed.Fault, IsHealed: true));
        }
    }

    private ActiveFault? Remove(string id)
    {
        ActiveFault? healed;
        lock (gate)
        {
            if (!active.Remove(id, out healed))
            {
                return null;
            }
        }

        healed.Timer.Dispose();
        Enforce();
        Unquiesce(healed.Fault);
        return healed;
    }

    /// <summary>On a timer's thread, where an exception would end the process.</summary>
    private void HealInTime(Fault fault)
    {
        try
        {
            HealAndTell(fault.Id);
        }
        catch (Exception exception)
        {
            Log.HealFailed(logger, exception, fault.Id, FaultText.Sentence(fault));
        }
    }

    /// <summary>
    /// A quiescent group would not notice what is done to one of its replicas, nor that it is over: nobody ticks, and nobody is missed.
    /// </summary>
    private void Unquiesce(Fault fault)
    {
        foreach (var slot in (fault.Group is { } group ? groups.Find(group)?.Slots : null) ?? [])
        {
            if (slot.Local is { IsRunning: true } replica)
            {
                replica.Driver.Unquiesce(isLeaderLost: false);
            }
        }
    }

    private void EnforceLinks()
    {
        foreach (var (address, name) in silos.Active)
        {
            if (address.Equals(self.SiloAddress))
            {
                continue;
            }

            var isCut = active.Values.Any(one => Loses(one.Fault, name));
            if (isCut ? cutHere.Add(address) : cutHere.Remove(address))
            {
                SetCut(address, isCut);
            }

            var delay = active.Values.Where(
                one =>
                    one.Fault is { Group: null, Kind: FaultKind.Delay } && IsOnWay(one.Fault, name)).Sum(static one => one.Fault.Milliseconds ?? 0);
            if (delay > 0 ? slowHere.Add(address) || true : slowHere.Remove(address))
            {
                links.Delay(address, TimeSpan.FromMilliseconds(delay));
            }
        }
    }

    private void SetCut(SiloAddress target, bool isCut)
    {
        if (isCut)
        {
            links.Cut(target);
        }
        else
        {
            links.Heal(target);
        }
    }

    /// <summary>Whether a fault between silos keeps this silo's messages from reaching another.</summary>
    private bool Loses(Fault fault, string other) => fault is { Group: null } && fault.Kind switch
    {
        FaultKind.Cut => IsOnWay(fault, other),
        FaultKind.Isolate => fault.Silo == self.Name || fault.Silo == other,
        FaultKind.Split => fault.Silos.AsSpan().Contains(self.Name) != fault.Silos.AsSpan().Contains(other),
        _ => false,
    };

    private bool IsOnWay(Fault fault, string other) =>
        (fault.From == self.Name && fault.To == other) || (!fault.IsOneWay && fault.From == other && fault.To == self.Name);

    private TimeSpan Left(ActiveFault one)
    {
        var left = TimeSpan.FromSeconds(one.Fault.Seconds) - time.GetElapsedTime(one.Since);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private sealed record ActiveFault(Fault Fault, long Since, ITimer Timer, bool IsAskedHere);
}
