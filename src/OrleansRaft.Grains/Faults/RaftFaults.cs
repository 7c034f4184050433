using System.Security.Cryptography;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Events;
using OrleansRaft.Grains.Transport;

namespace OrleansRaft.Grains.Faults;

/// <inheritdoc cref="IRaftFaults"/>
internal sealed class RaftFaults(
    FaultTable table,
    FaultRules rules,
    ClusterMembership silos,
    SiloClient<IFaultService> client,
    GroupTable groups,
    GroupInspector inspector,
    EventRecorder events,
    ILocalSiloDetails self,
    TimeProvider time,
    ISiloKiller? killer = null)
    : IRaftFaults
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LastWords = TimeSpan.FromMilliseconds(200);

    /// <inheritdoc/>
    public bool IsEnabled => table.IsEnabled;

    /// <inheritdoc/>
    public bool CanKill => IsEnabled && killer is not null;

    /// <inheritdoc/>
    public IReadOnlyList<string> Silos => [.. silos.Active.Select(static place => place.Name)];

    /// <inheritdoc/>
    public async Task<IReadOnlyList<FaultState>> ListAsync(CancellationToken cancellation = default)
    {
        if (!IsEnabled)
        {
            return [];
        }

        // A silo that has just joined may not know them all.
        var lists = await AskAllAsync(static service => service.ListFaultsAsync(), cancellation);
        return
        [
            .. lists.SelectMany(static list => list ?? []).GroupBy(static one => one.Fault.Id)
                .Select(static same => same.MaxBy(static one => one.HealsIn)!)
                .OrderBy(static one => one.Fault.BeganAt).ThenBy(static one => one.Fault.Id, StringComparer.Ordinal)
                .Select(static one => new FaultState(one.Fault, one.HealsIn)),
        ];
    }

    /// <inheritdoc/>
    public async Task<FaultOutcome> BeginAsync(Fault wanted, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        cancellation.ThrowIfCancellationRequested();
        if ((RejectKind(wanted) ?? rules.Check(wanted)) is { } rejection)
        {
            return new FaultOutcome(null, rejection);
        }

        var fault = wanted with
        {
            Id = $"f-{RandomNumberGenerator.GetHexString(6, lowercase: true)}",
            BeganAt = time.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        if (fault.Replica == 0)
        {
            var view = (await inspector.DescribeAsync([groups.Find(fault.Group!)!], cancellation))[0];
            if (view.Leader is not { } leader)
            {
                return new FaultOutcome(
                    null,
                    new FaultRejection(
                        FaultRejectionReason.NoLeader,
                        "replica",
                        $"{fault.Group} has no leader at the moment, so nothing was broken. Name a replica by its number, or wait a moment."));
            }

            fault = fault with { Replica = leader.Value };
        }

        return await SpreadAsync(fault, cancellation);
    }

    /// <inheritdoc/>
    public async Task<bool> HealAsync(string fault, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        var known = (await ListAsync(cancellation)).FirstOrDefault(state => state.Fault.Id == fault);
        if (known is null)
        {
            return false;
        }

        // First: whoever comes back is told of every fault that is still in force.
        await AskAllAsync(service => service.HealFaultAsync(fault), cancellation);
        events.Record(new FaultEvent(known.Fault, IsHealed: true));
        if (known.Fault is { Kind: FaultKind.Kill, Silo: { } silo })
        {
            killer?.Revive(silo);
        }

        return true;
    }

    /// <inheritdoc/>
    public async Task HealAllAsync(CancellationToken cancellation = default)
    {
        foreach (var state in await ListAsync(cancellation))
        {
            await HealAsync(state.Fault.Id, cancellation);
        }
    }

    /// <summary>Tells a silo that has just become active of the faults that this one was asked for.</summary>
    public async Task WelcomeAsync(SiloAddress newcomer)
    {
        foreach (var fault in table.AskedHere())
        {
            if (!newcomer.Equals(self.SiloAddress))
            {
                await client.ReachPastFaults(newcomer).BeginFaultAsync(fault).WaitAsync(AnswerTimeout, time);
            }
        }
    }

    private FaultRejection? RejectKind(Fault wanted)
    {
        if (!IsEnabled)
        {
            return new FaultRejection(
                FaultRejectionReason.Disabled,
                "",
                "Faults are off on this cluster. Set Faults:Enabled on every silo, or try `oraft demo`, where they are on.");
        }

        return wanted.Kind == FaultKind.Kill && killer is null
            ? new FaultRejection(FaultRejectionReason.Disabled, "kind", "Silos can be killed in `oraft demo` only. End the silo's process instead.")
            : null;
    }

    private async Task<FaultOutcome> SpreadAsync(Fault fault, CancellationToken cancellation)
    {
        table.Begin(fault, isAskedHere: true);
        var isOff = (await AskAllAsync(async service => await service.BeginFaultAsync(fault) ? "on" : "off", cancellation)).Contains("off");
        if (isOff)
        {
            await AskAllAsync(service => service.HealFaultAsync(fault.Id), cancellation);
            events.Record(new FaultEvent(fault, IsHealed: true));
            return new FaultOutcome(
                null,
                new FaultRejection(
                    FaultRejectionReason.Disabled,
                    "",
                    "Some silo of the cluster has faults off, so nothing was done. Set Faults:Enabled on every silo."));
        }

        if (fault is { Kind: FaultKind.Kill, Silo: { } victim })
        {
            KillAsync(fault, victim).Ignore();
        }

        return new FaultOutcome(fault, null);
    }

    private async Task KillAsync(Fault fault, string victim)
    {
        if (victim == self.Name)
        {
            await Task.Delay(LastWords, time);
        }

        if (table.Has(fault.Id))
        {
            killer!.Kill(victim, TimeSpan.FromSeconds(fault.Seconds));
        }
    }

    /// <summary>Asks every active silo; one that does not answer is probably one that a fault concerns.</summary>
    private Task<T?[]> AskAllAsync<T>(Func<IFaultService, Task<T>> ask, CancellationToken cancellation)
        where T : class => Task.WhenAll(silos.Active.Select(async place =>
        {
            try
            {
                return await ask(client.ReachPastFaults(place.Address)).WaitAsync(AnswerTimeout, time, cancellation);
            }
            catch (Exception) when (!cancellation.IsCancellationRequested)
            {
                return null;
            }
        }));

    private Task<string?[]> AskAllAsync(Func<IFaultService, Task> ask, CancellationToken cancellation) => AskAllAsync(
        async service =>
        {
            await ask(service);
            return "done";
        },
        cancellation);
}
