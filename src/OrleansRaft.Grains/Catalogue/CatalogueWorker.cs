using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Replicas;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Catalogue;

/// <summary>
/// This silo's part in the catalogue: takes note of what it holds, announces sets of groups that are new, and writes down who belongs to groups led
/// here.
/// </summary>
/// <remarks>
/// Nothing waits for it: groups serve without the catalogue, and whatever fails here is tried again. It reads from any replica, since nothing in the
/// catalogue is ever taken back (a set that was deleted stays in it as such), and asks again a minute later if nobody told it to look.
/// </remarks>
internal sealed class CatalogueWorker(
    GroupTable groups,
    StateMachineRegistry machines,
    SetCreation creation,
    SetDeletion deletion,
    KeeperSignal keeper,
    ClusterMembership silos,
    SiloClient<ICatalogueService> client,
    CatalogueSignal nudge,
    AccessAnnouncer announcer,
    ILocalSiloDetails self,
    IGrainFactory grains,
    IHostApplicationLifetime application,
    TimeProvider time,
    ILogger<CatalogueWorker> logger) : IRaftCatalogue, IDisposable
{
    private static readonly TimeSpan SlowLook = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan QuickLook = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource stopping = new();
    private readonly Dictionary<string, KnownConfiguration> noted = new(StringComparer.Ordinal);
    private CatalogueContents known = CatalogueContents.Empty;
    private string lastProblem = "";
    private Task loop = Task.CompletedTask;

    /// <summary>Begins; does nothing in a cluster without a catalogue.</summary>
    public void Start()
    {
        if (groups.FindSet(GroupSet.Catalogue).Count > 0)
        {
            loop = Task.WhenAll(Task.Run(RunAsync), Task.Run(() => announcer.RunAsync(stopping.Token)));
        }
    }

    /// <summary>Ends.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        await loop;
    }

    /// <inheritdoc/>
    public void Dispose() => stopping.Dispose();

    /// <inheritdoc/>
    public Task<Outcome<CatalogueContents>> ReadAsync(ReadConsistency consistency, CancellationToken cancellation) =>
        grains.GetRaftGroupSet<CatalogueCommand, CatalogueContents>(GroupSet.Catalogue).QueryGroupAsync(
            0, new ReadCatalogue(0), consistency, cancellation);

    /// <inheritdoc/>
    public Task<Outcome<int>> DeleteSetAsync(string set, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(set);
        cancellation.ThrowIfCancellationRequested();
        return deletion.RunAsync(set, cancellation);
    }

    private async Task RunAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var isDone = await LookAsync() && await AddSetsAsync() && await NoteConfigurationsAsync();
                await nudge.WaitAsync(isDone ? SlowLook : QuickLook, time, stopping.Token);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                Log.CatalogueLookFailed(logger, exception, QuickLook);
                await Task.WhenAny(Task.Delay(QuickLook, time, stopping.Token));
            }
        }
    }

    /// <summary>Reads what changed since the last look, and takes note of it.</summary>
    private async Task<bool> LookAsync()
    {
        var answer = await grains.GetRaftGroupSet<CatalogueCommand, CatalogueContents>(GroupSet.Catalogue)
            .QueryGroupAsync(0, new ReadCatalogue(known.Revision), ReadConsistency.Stale, stopping.Token);
        if (answer is not Committed<CatalogueContents> { Value: var contents })
        {
            return false;
        }

        // A replica that has just come to life may know less than what was read before.
        if (contents.Revision > known.Revision)
        {
            Learn(contents);
        }

        return true;
    }

    private void Learn(CatalogueContents contents)
    {
        known = contents;
        foreach (var set in contents.Sets.Where(static set => set.IsCreated))
        {
            RequireSame(set);
            if (groups.FindSet(set.Name).Count == 0)
            {
                groups.Extend(new GroupSet(set.Name, set.Groups, set.Replicas));
                Log.SetLearnt(logger, set.Name, set.Groups, set.Replicas);
            }
        }

        foreach (var set in contents.Sets.Where(set => set.IsDeleted && groups.FindSet(set.Name).Count > 0))
        {
            groups.Withdraw(set.Name);
            Log.SetDeleted(logger, set.Name);
        }

        foreach (var configuration in contents.Configurations)
        {
            noted[configuration.Group] = configuration;
            groups.Find(configuration.Group)?.Learn(ConfigurationCodec.Decode(configuration.Configuration), new Term(configuration.Term));
        }

        keeper.Nudge();
    }

    /// <summary>Ends a silo that is configured with other numbers than a set has: it would send keys to other groups than everybody else.</summary>
    private void RequireSame(FurtherSet set)
    {
        var wanted = machines.Wanted.Sets.FirstOrDefault(wanted => wanted.Name == set.Name);
        if (wanted is null)
        {
            Log.SetNotOffered(logger, set.Name, set.Groups, set.Replicas);
        }
        else if (wanted.Groups != set.Groups || wanted.Replicas != set.Replicas)
        {
            Log.SetIsOtherwise(logger, set.Name, set.Groups, set.Replicas, wanted.Groups, wanted.Replicas);
            application.StopApplication();
        }
    }

    /// <summary>
    /// Adds what this silo is configured with and the cluster has not. The first silo by name does it, so that they do not do the same work.
    /// </summary>
    private async Task<bool> AddSetsAsync()
    {
        var missing = machines.Wanted.Sets.Where(set => groups.FindSet(set.Name).Count == 0).ToList();
        if (missing.Count == 0)
        {
            return true;
        }

        if (silos.Active is not [var first, ..] || !first.Address.Equals(self.SiloAddress))
        {
            return false;
        }

        foreach (var set in missing)
        {
            await AddAsync(set);
        }

        await TellOthersAsync();
        return false;
    }

    private async Task AddAsync(GroupSet set)
    {
        if (await creation.FindObstacleAsync(set, stopping.Token) is { } obstacle)
        {
            Tell(obstacle);
            return;
        }

        if (await SubmitAsync(new BeginSet(set.Name, set.Groups, set.Replicas), $"begin {set.Name}") is not { } contents)
        {
            return;
        }

        var announced = contents.Sets.First(announced => announced.Name == set.Name);
        if (announced.IsDeleted)
        {
            Tell($"'{set.Name}' was deleted, and its name is not used again: configure the state machine under another one.");
            return;
        }

        if (!announced.IsCreated)
        {
            await creation.CreateAsync(new GroupSet(announced.Name, announced.Groups, announced.Replicas), stopping.Token);
            await SubmitAsync(new FinishSet(set.Name), $"finish {set.Name}");
        }

        // What was announced with other numbers is known to be so after the next look.
        nudge.Nudge();
    }

    /// <summary>
    /// Writes down who belongs to the groups that are led here, where their members have changed since they were last written down.
    /// </summary>
    private async Task<bool> NoteConfigurationsAsync()
    {
        var isDone = true;
        foreach (var leader in groups.Hosted.Where(static replica => replica is { IsRunning: true, Role.Role: RaftRole.Leader }).ToList())
        {
            var configuration = leader.Configuration;
            if (configuration.IsJoint || configuration.Version == LogIndex.Zero || IsNoted(leader.Key.Group, configuration))
            {
                continue;
            }

            var said = new KnownConfiguration(
                leader.Key.Group, leader.Role.Term.Value, configuration.Version.Value, ConfigurationCodec.Encode(configuration).ToArray());
            if (await SubmitAsync(new NoteConfiguration(said), said.Group) is null)
            {
                isDone = false;
                continue;
            }

            noted[said.Group] = said;
        }

        return isDone;
    }

    private bool IsNoted(string group, Configuration configuration) =>
        noted.TryGetValue(group, out var before) && before.Version == configuration.Version.Value;

    /// <returns>What the catalogue holds; null when it is not known whether the command was applied.</returns>
    private async Task<CatalogueContents?> SubmitAsync(CatalogueCommand command, string key)
    {
        var outcome = await grains.GetRaftGroup<CatalogueCommand, CatalogueContents>(GroupSet.Catalogue, key).SubmitAsync(
            command, null, stopping.Token);
        return outcome is Committed<CatalogueContents> committed ? committed.Value : null;
    }

    private Task TellOthersAsync() => Task.WhenAll(silos.Active.Where(silo => !silo.Address.Equals(self.SiloAddress)).Select(async silo =>
    {
        try
        {
            await client.Reach(silo.Address).CatalogueChangedAsync().WaitAsync(QuickLook, time, stopping.Token);
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            // It looks by itself within a minute.
            Log.SiloSilent(logger, exception, silo.Address);
        }
    }));

    private void Tell(string obstacle)
    {
        if (obstacle != lastProblem)
        {
            lastProblem = obstacle;
            Log.SetWaits(logger, obstacle);
        }
    }
}
