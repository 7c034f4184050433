using Orleans.Runtime.Services;

namespace OrleansRaft.Server.Dashboard;

/// <summary>Tells every silo that somebody looks at the dashboard of one.</summary>
internal sealed class DashboardClient(IServiceProvider services, IClusterMembershipService membership, TimeProvider time)
    : GrainServiceClient<IDashboardService>(services)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private long told = long.MinValue;

    /// <summary>Somebody looks.</summary>
    public void Look()
    {
        var last = Volatile.Read(ref told);
        if ((last != long.MinValue && time.GetElapsedTime(last) < Pause) || Interlocked.CompareExchange(ref told, time.GetTimestamp(), last) != last)
        {
            return;
        }

        foreach (var (address, member) in membership.CurrentSnapshot.Members)
        {
            if (member.Status == SiloStatus.Active)
            {
                GetGrainService(address).LookAsync().Ignore();
            }
        }
    }
}
