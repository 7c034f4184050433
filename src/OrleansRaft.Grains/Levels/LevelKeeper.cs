using System.Reflection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Levels;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Levels;

/// <summary>
/// This silo's part in the cluster's feature level: tells what its program supports before it joins, learns at which level the cluster works, and
/// raises that when everybody supports a later one.
/// </summary>
/// <remarks>
/// As long as the cluster works at an earlier level than this program supports, the store is asked again each second: that is for the time of an
/// upgrade. Whoever has not heard of a raise yet goes on at the level before, which everybody reads.
/// </remarks>
internal sealed class LevelKeeper(
    ILogStore store,
    LevelRegister register,
    ClusterLevel level,
    ClusterMembership silos,
    Locator locator,
    ILocalSiloDetails self,
    IOptions<RaftOptions> options,
    IHostApplicationLifetime application,
    TimeProvider time,
    ILogger<LevelKeeper> logger) : IRaftLevels, IDisposable
{
    private static readonly TimeSpan QuickLook = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SlowLook = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LeavingMax = TimeSpan.FromSeconds(2);
    private static readonly string Program =
        typeof(LevelKeeper).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    private readonly CancellationTokenSource stopping = new();
    private Task loop = Task.CompletedTask;

    private SiloLevel Own => new(self.Name, level.Newest, store.LocalId, Program);

    /// <summary>Reads at which level the cluster works, and tells what this silo supports, before it takes part.</summary>
    /// <exception cref="StoreRefusedException">This program is too old for the cluster, or too new.</exception>
    public async Task BeginAsync(ClusterDefinition cluster, CancellationToken cancellation)
    {
        if (cluster.LocalStores.Length > 1)
        {
            // The catalogue cannot be asked before silos serve; the file remembers what was known last.
            if (await store.ReadLevelsAsync(cancellation) is { } known)
            {
                ClusterLevels.Require(known.InForce, level.Newest);
                level.Learn(known.InForce);
            }

            return;
        }

        var levels = await store.ChangeLevelsAsync(before => Join(before) ?? ClusterLevels.Beginning(Own), cancellation);
        level.Learn(levels!.InForce);
    }

    /// <summary>Asks the silos that are there at which level the cluster works.</summary>
    /// <exception cref="StoreRefusedException">This program is too old for it.</exception>
    public async Task JoinAsync()
    {
        if (register.IsInCatalogue)
        {
            var told = await locator.FindLevelAsync();
            ClusterLevels.Require(Math.Max(told, level.InForce), level.Newest);
            level.Learn(told);
        }
    }

    /// <summary>Begins to look.</summary>
    public void Start() => loop = Task.Run(RunAsync);

    /// <summary>Ends.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        await loop;
        if (silos.HasLeft)
        {
            await LeaveAsync();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => stopping.Dispose();

    /// <inheritdoc/>
    public async Task<Outcome<LevelsView>> DescribeAsync(CancellationToken cancellation = default) => ViewOf(await register.ReadAsync(cancellation));

    /// <inheritdoc/>
    public async Task<Outcome<LevelsView>> FinalizeAsync(IReadOnlyList<string> without, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(without);
        (RejectionReason Reason, string Detail)? refusal = null;
        var outcome = await register.ChangeAsync(
            before =>
            {
                refusal = Refuse(before, without);
                return refusal is null ? before!.Advance(without) : null;
            },
            cancellation);
        if (refusal is { } refused)
        {
            return new Rejected<LevelsView>(refused.Reason, null, TimeSpan.Zero, refused.Detail);
        }

        if (outcome is Committed<ClusterLevels?> { Value: { } levels })
        {
            await LearnAsync(levels);
        }

        return ViewOf(outcome);
    }

    private ClusterLevels? Join(ClusterLevels? before) => before?.With(Own).WithoutFormerNames(Own, ActiveNames());

    private Outcome<LevelsView> ViewOf(Outcome<ClusterLevels?> outcome) => outcome switch
    {
        Committed<ClusterLevels?> committed => new Committed<LevelsView>(ViewOf(committed.Value), committed.Entry, committed.Group),
        Rejected<ClusterLevels?> rejected => new Rejected<LevelsView>(rejected.Reason, rejected.Leader, rejected.RetryAfter, rejected.Detail),
        Unknown<ClusterLevels?> unknown => new Unknown<LevelsView>(unknown.Detail),
        _ => throw new InvalidOperationException($"An outcome is {outcome.GetType()}, which is none of the three."),
    };

    private LevelsView ViewOf(ClusterLevels? levels)
    {
        levels ??= new ClusterLevels(level.InForce, [Own]);
        var active = ActiveNames();
        return new LevelsView(
            levels.InForce,
            IsComplete(levels) ? Math.Max(levels.InForce, levels.Reachable([])) : levels.InForce,
            options.Value.AutoFinalize,
            [
                .. levels.Silos
                    .Where(static silo => !silo.HasLeft)
                    .Select(silo => new SiloLevelView(silo.Name, silo.Newest, active.Contains(silo.Name), silo.Program)),
            ]);
    }

    /// <summary>Why the level is not raised as somebody wants it; null when it is.</summary>
    private (RejectionReason Reason, string Detail)? Refuse(ClusterLevels? levels, IReadOnlyList<string> without)
    {
        var active = ActiveNames();
        if (levels is null || !IsComplete(levels))
        {
            return (RejectionReason.VersionNotRaised, "Not every silo has reported the feature level of its program yet; try again in a moment.");
        }

        if (without.FirstOrDefault(name => levels.Find(name) is null or { HasLeft: true }) is { } unknown)
        {
            return (RejectionReason.InvalidRequest, $"No silo of the name '{unknown}' is known; `oraft cluster versions` lists those that are.");
        }

        if (without.FirstOrDefault(active.Contains) is { } present)
        {
            return (RejectionReason.InvalidRequest, $"The silo '{present}' is there, and would be left behind. Stop it first, or upgrade it.");
        }

        if (levels.InForce >= level.Newest)
        {
            return null;
        }

        SiloLevel[] behind = [.. levels.Silos.Where(silo => !silo.HasLeft && !without.Contains(silo.Name) && silo.Newest <= levels.InForce)];
        return behind.Length == 0
            ? null
            : (RejectionReason.VersionNotRaised,
                $"The cluster works at feature level {levels.InForce}, and these silos' programs support no later one: "
                    + $"{string.Join(", ", behind.Select(silo => $"'{silo.Name}'{(active.Contains(silo.Name) ? "" : ", which is absent")}"))}. "
                    + "Upgrade them; for one that will not come back, also since it has another name now, `oraft cluster finalize --without SILO`.");
    }

    /// <summary>This silo leaves for good, and holds no level up.</summary>
    private async Task LeaveAsync()
    {
        try
        {
            using var patience = new CancellationTokenSource(LeavingMax, time);
            await register.ChangeAsync(before => before?.Without([self.Name]), patience.Token);
        }
        catch (Exception exception)
        {
            Log.LeaveNotNoted(logger, exception, self.Name);
        }
    }

    private async Task RunAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            var isSettled = false;
            try
            {
                isSettled = await LookAsync();
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (StoreRefusedException refusal)
            {
                Log.LevelLeftBehind(logger, self.Name, refusal.Message);
                application.StopApplication();
                return;
            }
            catch (Exception exception)
            {
                Log.LevelLookFailed(logger, exception, QuickLook);
            }

            await Task.WhenAny(Task.Delay(isSettled ? SlowLook : QuickLook, time, stopping.Token));
        }
    }

    /// <returns>Whether there is nothing to wait for.</returns>
    private async Task<bool> LookAsync()
    {
        if (!register.IsShared)
        {
            return true;
        }

        var outcome = register.IsInCatalogue
            ? await register.ChangeAsync(before => Join(before) ?? new ClusterLevels(level.InForce, [Own]), stopping.Token)
            : await register.ReadAsync(stopping.Token);
        if (outcome is not Committed<ClusterLevels?> { Value: { } levels })
        {
            return false;
        }

        await LearnAsync(levels);
        if (level.InForce >= level.Newest)
        {
            return true;
        }

        if (options.Value.AutoFinalize && IsComplete(levels) && IsFirst() && levels.Advance([]) is not null)
        {
            outcome = await register.ChangeAsync(before => before is not null && IsComplete(before) ? before.Advance([]) : null, stopping.Token);
            if (outcome is Committed<ClusterLevels?> { Value: { } raised })
            {
                await LearnAsync(raised);
            }
        }

        return level.InForce >= level.Newest;
    }

    private async Task LearnAsync(ClusterLevels levels)
    {
        ClusterLevels.Require(levels.InForce, level.Newest);
        await register.MirrorAsync(levels, stopping.Token);
        if (level.Learn(levels.InForce))
        {
            Log.LevelRaised(logger, levels.InForce);
        }
    }

    /// <summary>Whether everybody who is there, and every local store, is among those who have told what they support.</summary>
    private bool IsComplete(ClusterLevels levels) =>
        ActiveNames().All(name => levels.Find(name) is not null)
        && register.Stores.All(id => levels.Silos.Any(silo => silo.Store == id));

    /// <summary>One silo does it, so that they do not do the same work.</summary>
    private bool IsFirst() => silos.Active is [var first, ..] && first.Address.Equals(self.SiloAddress);

    private HashSet<string> ActiveNames() => [.. silos.Active.Select(static silo => silo.Name)];
}
