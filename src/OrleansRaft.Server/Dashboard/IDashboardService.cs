using Orleans.Concurrency;
using Orleans.Services;

namespace OrleansRaft.Server.Dashboard;

/// <summary>A silo's part of Orleans' dashboard, reached by the silo's address.</summary>
[Alias("raft-dashboard")]
internal interface IDashboardService : IGrainService
{
    /// <summary>Somebody looks: begin to count. Nobody waits for an answer: whoever goes on looking asks again.</summary>
    [OneWay]
    [Alias("look")]
    Task LookAsync();
}
