using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Serializers;

namespace OrleansRaft.Client;

/// <summary>Whether Orleans can serialize what the caller uses.</summary>
internal static class Serializers
{
    /// <summary>What to do about a type of a replicated grain that has no serializer.</summary>
    public const string GrainRemedy =
        "put [GenerateSerializer] on the type and [Id] on its members, in a project that references Microsoft.Orleans.Sdk.";

    /// <summary>What to do about a command or result that has none.</summary>
    public const string Remedy =
        "put [GenerateSerializer] on the type and [Id] on its members, in a project that references Microsoft.Orleans.Sdk, "
        + "or register an ICommandCodec for it on every silo.";

    /// <summary>Whether an exception is about a value that cannot be serialized, and not about the cluster.</summary>
    public static bool IsSerializerError(Exception exception) =>
        exception is SerializerException or NotSupportedException or ArgumentException or InvalidCastException;

    /// <summary>A sentence about a command or result that cannot be serialized; null when it can.</summary>
    public static string? FindProblem(IServiceProvider services, params ReadOnlySpan<Type> types) => FindProblem(services, Remedy, types);

    /// <summary>A sentence about a type that cannot be serialized, with what to do about it; null when it can.</summary>
    public static string? FindProblem(IServiceProvider services, string remedy, params ReadOnlySpan<Type> types)
    {
        if (services.GetService<ICodecProvider>() is { } codecs)
        {
            foreach (var type in types)
            {
                if (FindProblem(codecs, services.GetService<IDeepCopierProvider>(), type, remedy) is { } problem)
                {
                    return problem;
                }
            }
        }

        return null;
    }

    /// <summary>A sentence about a type of a hierarchy that can be made and not serialized, as far as the root's own assembly declares it.</summary>
    public static string? FindProblemBelow(IServiceProvider services, Type root)
    {
        // What derives from a type of the runtime's own is not what the application means.
        if (root.IsSealed || root.Assembly == typeof(object).Assembly)
        {
            return null;
        }

        return TypesOf(root.Assembly)
            .Where(type => type != root && root.IsAssignableFrom(type) && type is { IsAbstract: false, ContainsGenericParameters: false })
            .Select(type => FindProblem(services, type))
            .FirstOrDefault(static problem => problem is not null);
    }

    private static string? FindProblem(ICodecProvider codecs, IDeepCopierProvider? copiers, Type type, string remedy)
    {
        try
        {
            return codecs.TryGetCodec(type) is null || (copiers is not null && copiers.TryGetDeepCopier(type) is null)
                ? $"Orleans has no serializer for {type.FullName}: {remedy}"
                : null;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Of a type that it consists of.
            return $"Orleans cannot serialize {type.FullName} ({exception.Message}): {remedy}";
        }
    }

    private static IEnumerable<Type> TypesOf(Assembly assembly)
    {
        try
        {
            return assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException exception)
        {
            return exception.Types.OfType<Type>();
        }
    }
}
