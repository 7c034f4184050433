using System.Reflection;

namespace OrleansRaft.Integration.Tests.Library;

/// <summary>A client's grain factory that makes one grain, whatever it is asked for.</summary>
public class ScriptedGrainFactory : DispatchProxy
{
    public Func<object> Grain { get; set; } = null!;

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Grain();
}
