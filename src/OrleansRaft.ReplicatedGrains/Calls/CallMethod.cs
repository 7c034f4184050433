using System.Collections.Concurrent;
using System.Reflection;
using System.Text;
using Orleans.CodeGeneration;
using OrleansRaft.Core;
using OrleansRaft.Runtime.StateMachines;
using StableHash = OrleansRaft.Runtime.Sessions.StableHash;

namespace OrleansRaft.ReplicatedGrains.Calls;

/// <summary>What is to be known of the method of a call. Any thread.</summary>
internal sealed class CallMethod
{
    private static readonly ConcurrentDictionary<Type, CallMethod> Known = new();

    private readonly Argument[] arguments;

    private CallMethod(IRequest request)
    {
        var method = request.GetMethod();
        InterfaceType = request.GetInterfaceType();
        Interface = GrainInterface.NameOf(InterfaceType);
        Name = method is null ? request.GetMethodName() : GrainInterface.NameOf(method);
        IsRead = request.Options.HasFlag(InvokeMethodOptions.ReadOnly);
        Since = method is null ? MachineVersions.Initial : SinceOf(method);
        arguments =
        [
            .. (method?.GetParameters() ?? []).Select(static one => new Argument(one)).Where(static one => one.Type != typeof(CancellationToken)),
        ];
        MayNeed = Since > MachineVersions.Initial || arguments.Any(static one => one.Since is not null || CommandVersions.MayNeed(one.Type));
        Result = ResultCodec.Of(request.GetType());
    }

    /// <summary>The interface that declares it.</summary>
    public Type InterfaceType { get; }

    /// <summary>Its name in logs.</summary>
    public string Interface { get; }

    /// <summary>The method's name in logs.</summary>
    public string Name { get; }

    /// <summary>Whether it reads only.</summary>
    public bool IsRead { get; }

    /// <summary>The version that knows it.</summary>
    public int Since { get; }

    /// <summary>Writes its result; null where it has none.</summary>
    public ResultCodec? Result { get; }

    private bool MayNeed { get; }

    /// <summary>Describes the method of a call.</summary>
    public static CallMethod Of(IRequest request) => Known.TryGetValue(request.GetType(), out var known)
        ? known
        : Known.GetOrAdd(request.GetType(), new CallMethod(request));

    /// <summary>The version that a method is marked with, or its interface.</summary>
    public static int SinceOf(MethodInfo method) => Math.Max(SinceOf((MemberInfo)method), SinceOf(method.DeclaringType!));

    /// <summary>The version that a method or an interface is itself marked with.</summary>
    public static int SinceOf(MemberInfo member) => member.GetCustomAttribute<SinceAttribute>(inherit: false)?.Version ?? MachineVersions.Initial;

    /// <summary>The lowest version that understands a call without loss.</summary>
    public int NeededBy(IRequest request)
    {
        var needed = Since;
        if (!MayNeed)
        {
            return needed;
        }

        foreach (var argument in arguments)
        {
            var value = request.GetArgument(argument.Place);
            needed = Math.Max(needed, argument.Since is { } since && !Equals(value, argument.Default) ? since : MachineVersions.Initial);
            needed = Math.Max(needed, CommandVersions.NeededBy(value));
        }

        return needed;
    }

    /// <summary>
    /// The identity of a call: its grain, its method, and the arguments that tell one call from another; null where they cannot tell.
    /// </summary>
    /// <param name="request">The call.</param>
    /// <param name="key">The grain's key; null where it is that of the partition, which belongs to the identity anyway.</param>
    public ulong? IdentityOf(IRequest request, string? key)
    {
        var hash = StableHash.Add(StableHash.Add(0, Encoding.UTF8.GetBytes(Interface)), Encoding.UTF8.GetBytes(Name));
        hash = key is null ? hash : StableHash.Add(hash, Encoding.UTF8.GetBytes(key));
        foreach (var argument in arguments)
        {
            var value = request.GetArgument(argument.Place);
            if (argument.IsNoIdentity || (argument.Since is not null && Equals(value, argument.Default)))
            {
                continue;
            }

            if (CommandIdentity.Of(value) is not { } one)
            {
                return null;
            }

            hash = StableHash.Mix(StableHash.Mix(hash, (ulong)argument.Place), one);
        }

        return hash;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Interface}.{Name}";

    private sealed class Argument(ParameterInfo parameter)
    {
        private readonly SinceAttribute? mark = parameter.GetCustomAttribute<SinceAttribute>();

        public int Place { get; } = parameter.Position;

        public Type Type { get; } = parameter.ParameterType;

        public int? Since => mark?.Version;

        public bool IsNoIdentity { get; } = parameter.IsDefined(typeof(NotIdentityAttribute), inherit: false);

        public object? Default { get; } = parameter.GetCustomAttribute<SinceAttribute>()?.Default is { } named
            ? Convert.ChangeType(named, parameter.ParameterType, System.Globalization.CultureInfo.InvariantCulture)
            : parameter.ParameterType.IsValueType && Nullable.GetUnderlyingType(parameter.ParameterType) is null
                ? System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(parameter.ParameterType)
                : null;
    }
}
