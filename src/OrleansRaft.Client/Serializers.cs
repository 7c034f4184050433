using System.Buffers;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Serializers;

namespace OrleansRaft.Client;

/// <summary>Whether Orleans can serialize what the caller uses.</summary>
internal static class Serializers
{
    /// <summary>What to do about a type that has no serializer.</summary>
    public const string Remedy =
        "put [GenerateSerializer] on the type and [Id] on its members, in a project that references Microsoft.Orleans.Sdk, "
        + "or register an ICommandCodec for it on every silo.";

    /// <summary>Whether an exception is about a value that cannot be serialized, and not about the cluster.</summary>
    public static bool IsSerializerError(Exception exception) =>
        exception is SerializerException or NotSupportedException or ArgumentException or InvalidCastException;

    /// <summary>A sentence about a type that cannot be serialized; null when it can.</summary>
    public static string? FindProblem(IServiceProvider services, params ReadOnlySpan<Type> types)
    {
        if (services.GetService<ICodecProvider>() is { } codecs)
        {
            foreach (var type in types)
            {
                if (codecs.TryGetCodec(type) is null)
                {
                    return $"Orleans has no serializer for {type.FullName}: {Remedy}";
                }
            }
        }

        return null;
    }

    /// <summary>The types of a hierarchy, as far as its own assembly declares it, that can be made and not serialized.</summary>
    public static IEnumerable<Type> FindUnserializable(IServiceProvider services, Type root)
    {
        var codecs = services.GetRequiredService<ICodecProvider>();
        return root.IsSealed
            ? []
            : root.Assembly.GetTypes().Where(type =>
                root.IsAssignableFrom(type) && type is { IsAbstract: false, ContainsGenericParameters: false } && codecs.TryGetCodec(type) is null);
    }

    /// <summary>Whether a value is the reason why a call failed: tries to write it, where it can be tried.</summary>
    public static bool CanWrite<T>(IServiceProvider? services, T value)
    {
        if (services?.GetService<Serializer>() is not { } serializer)
        {
            return true;
        }

        try
        {
            serializer.Serialize(value, new ArrayBufferWriter<byte>());
            return true;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return false;
        }
    }
}
