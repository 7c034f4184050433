using System.Runtime.CompilerServices;

namespace OrleansRaft.Integration.Tests;

/// <summary>
/// Processes that tests start live for seconds: the runtime compiles once, and again only what is called a thousand times instead of thirty.
/// </summary>
internal static class ShortLivedProcesses
{
    [ModuleInitializer]
    internal static void SetEnvironment()
    {
        Environment.SetEnvironmentVariable("DOTNET_TieredPGO", "0");
        Environment.SetEnvironmentVariable("DOTNET_TC_CallCountThreshold", "400");
    }
}
